"""The screens of the publication: what the public sees, why not, what was online, and its proofs."""
