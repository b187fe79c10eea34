"""What the fork server imports once, for all lessons."""

import matplotlib

matplotlib.use("agg")

import IPython.core.interactiveshell  # noqa: E402, F401
import ipywidgets  # noqa: E402, F401
import matplotlib.pyplot  # noqa: E402, F401
import nbformat  # noqa: E402, F401
import scipy.stats  # noqa: E402, F401
import sklearn.datasets  # noqa: E402, F401

import course_utils.lesson  # noqa: E402, F401
from course_utils import data, evaluation, machine, models, objectives, plots, timing, training  # noqa: E402, F401
