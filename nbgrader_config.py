"""nbgrader's settings for this course: `solutions/` is the one source, `exercises/` what students get.

A class adds its own settings at the end; solutions/README.md explains the cycle.
"""

from nbgrader.converters.generate_assignment import GenerateAssignment
from nbgrader.preprocessors import ClearSolutions

STUB = 'raise NotImplementedError("your code here")'


class ClearAnswers(ClearSolutions):
    """In a function the stub raises, which a check reads as "not attempted"; outside one it would stop the notebook.

    There the line above the solution, `answer = None`, is the stub.
    """

    def preprocess_cell(self, cell, resources, cell_index):
        cell, resources = super().preprocess_cell(cell, resources, cell_index)
        if cell.cell_type == "code":
            cell.source = "\n".join(line for line in cell.source.split("\n") if line != STUB)
        return cell, resources


c = get_config()  # noqa: F821 - nbgrader puts it there

c.CourseDirectory.course_id = "generative-models"
c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.release_directory = "exercises"

steps = GenerateAssignment.preprocessors.default_args[0]
c.GenerateAssignment.preprocessors = [ClearAnswers if step is ClearSolutions else step for step in steps]
c.ClearSolutions.code_stub = {"python": STUB}

# How a learning platform's download names a file: STUDENT_02_a_first_gan.ipynb.
c.FileNameCollectorPlugin.named_regexp = r"(?:.*[/\\])?(?P<student_id>[^/\\]+?)_(?P<file_id>\d\d_\w+)"

# No cell of the course takes longer than half a minute on two cores.
c.ExecutePreprocessor.timeout = 120
c.ExecutePreprocessor.interrupt_on_timeout = True
