"""Operations on many records at once: choice, rehearsal, execution, report, undoing (D-40, D-48)."""
