"""The verbs of `course.py`, a module each: `main(argv) -> exit code`, and `parse(argv)`, which checks.

The top of these modules imports the standard library only: `course.py` calls `parse` before anything is
installed, so that a wrong request, or `--help`, is answered at once. The table of verbs is in
`course_utils/__main__.py`.
"""
