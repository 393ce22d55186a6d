"""The states that a pass begins with: 0, those after the steps before, or those that stand on the tape."""

ZERO, CARRIED, GIVEN = 0, 1, 2
