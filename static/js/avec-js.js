// Before anything is drawn, unlike the other scripts: what is shown with or without them does not change
// afterwards.
"use strict";

document.documentElement.classList.add("avec-js");
