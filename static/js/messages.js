// The messages at the top: announced, those of success leave by themselves, none lies over what the person is
// at; the journal.
"use strict";

// Seconds that a success stays, but for those during which it is pointed at, has the focus, or the page is
// not looked at.
const DUREE = 8;
const restant = new WeakMap();

// A live region announces what changes in it: what came with the page is put in again once it is listening.
function annoncer() {
  for (const message of document.querySelectorAll(".message:not([data-annonce])")) {
    message.dataset.annonce = "1";
    const texte = message.querySelector("[data-texte]");
    const contenu = [...texte.childNodes];
    // Meanwhile it keeps its height; on the message, which has no id: htmx writes again the style of what
    // bears one.
    message.style.minHeight = `${message.offsetHeight}px`;
    texte.replaceChildren();
    setTimeout(() => {
      texte.replaceChildren(...contenu);
      message.style.minHeight = "";
    }, 60);
    if (message.matches(".message-success")) restant.set(message, DUREE);
  }
  const resume = document.querySelector(".resume[tabindex]");
  if (resume && !resume.dataset.annonce) {
    resume.dataset.annonce = "1";
    resume.focus();
  }
  degager();
}

// What the window scrolls to stops under the messages (scroll-padding, base.css).
function mesurerLesMessages() {
  const zone = document.getElementById("messages");
  document.documentElement.style.setProperty(
    "--messages",
    `${zone.querySelector(".message") ? zone.scrollHeight : 0}px`,
  );
  return zone;
}

// The row just saved, or what has the focus, is seen: it comes down from under the messages, or these take a
// place of their own.
function degager() {
  const zone = mesurerLesMessages();
  const concerne = document.querySelector(":target") || document.activeElement;
  if (
    !zone.querySelector(".message") ||
    !concerne ||
    concerne === document.body ||
    concerne.contains(zone) ||
    zone.contains(concerne)
  )
    return;
  const dessous = () =>
    [...zone.querySelectorAll(".message")]
      .map((message) => {
        const [m, c] = [message.getBoundingClientRect(), concerne.getBoundingClientRect()];
        return m.left < c.right && c.left < m.right && m.top < c.bottom && c.top < m.bottom
          ? m.bottom - c.top + 12
          : 0;
      })
      .reduce((a, b) => Math.max(a, b), 0);
  if (dessous()) window.scrollBy({ top: -dessous(), behavior: "instant" });
  if (dessous()) zone.classList.add("messages-en-place");
}

function retirer(message) {
  const suivant = message.contains(document.activeElement) ? document.getElementById("contenu") : null;
  tenir(() => message.remove());
  mesurerLesMessages();
  if (suivant) suivant.focus({ preventScroll: true });
}

setInterval(() => {
  if (document.hidden) return;
  for (const message of document.querySelectorAll(".message-success")) {
    if (!restant.has(message)) continue;
    if (message.matches(":hover, :focus-within")) {
      restant.set(message, DUREE);
      continue;
    }
    restant.set(message, restant.get(message) - 1);
    if (restant.get(message) <= 0) retirer(message);
  }
}, 1000);

// The journal is a page; its list opens over the one that the person is on, whose form keeps what is typed in
// it.
async function ouvrirLeJournal(lien) {
  const volet = document.getElementById("journal");
  await htmx.ajax("GET", lien.href, {
    target: volet,
    select: "#journal-liste",
    swap: "innerHTML ignoreTitle:true",
  });
  if (!volet.querySelector("#journal-liste")) return;
  // Under the bell, which the header puts higher or lower: what opens covers neither it nor the menus.
  volet.style.setProperty("--sous-la-cloche", `${Math.max(lien.getBoundingClientRect().bottom + 8, 8)}px`);
  volet.showPopover();
  volet.focus();
}

document.addEventListener("click", (evenement) => {
  const fermer = evenement.target.closest("[data-fermer]");
  if (fermer) retirer(fermer.closest(".message"));
  const journal = evenement.target.closest("[data-journal]");
  const ailleurs = evenement.ctrlKey || evenement.metaKey || evenement.shiftKey;
  if (!journal || ailleurs || !HTMLElement.prototype.showPopover) return;
  evenement.preventDefault();
  ouvrirLeJournal(journal);
});

document.addEventListener("DOMContentLoaded", annoncer);
document.addEventListener("htmx:afterSettle", annoncer);
window.addEventListener("load", degager);
window.addEventListener("resize", mesurerLesMessages);
