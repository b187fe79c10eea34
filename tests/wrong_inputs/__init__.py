"""Wrong inputs to the public functions, a table for each floor: (what is wrong, the call, words of the message).

A call must raise a ValueError or TypeError of the course's own, of one line, with these words, which name what was
wrong. `RIGHT` holds the neighbours on the right side of the border: (what is right, the call), which must pass.
"""
