"""The package behind the notebooks: the lessons tell the story, and what they call is here to be read.

Import what a lesson names: `from course_utils import data, models, objectives, training, plots, lesson`.
Importing `course_utils` alone is light: it loads neither PyTorch nor anything else.
"""

__version__ = "0.1.0"
