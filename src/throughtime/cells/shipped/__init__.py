"""One file for each cell: its equations, when to use it, its paper, and one function of one time step.

A file here is all that a cell needs: `throughtime.cells` finds it by its name, which is the function's, too. The
docstring has the cell's title and what it is, its equations, when to use it, and last its paper.
"""
