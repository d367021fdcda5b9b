"""Wall one: the language. Compiles a program under RestrictedPython and gives it a namespace of its own.

Everything here runs inside the sandboxed process. It is courtesy (clear refusals, with lines) and depth;
the boundary is the kernel's.
"""
