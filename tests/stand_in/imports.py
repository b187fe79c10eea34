"""What the fork server imports once, for all lessons."""

import matplotlib

matplotlib.use("agg")

import IPython.core.interactiveshell  # noqa: F401
import ipywidgets  # noqa: F401
import matplotlib.pyplot
import nbformat  # noqa: F401
import scipy.stats  # noqa: F401
import sklearn.datasets  # noqa: F401

import course_utils.lesson  # noqa: F401
from course_utils import data, evaluation, machine, models, objectives, plots, timing, training  # noqa: F401
