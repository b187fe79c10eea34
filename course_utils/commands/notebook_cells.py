"""A pytest plugin for notebooks: patience on a busy machine, and a second pass without what it would only repeat."""

import pytest

from course_utils.commands.lessons import SAME

PATIENCE = 300  # seconds from a cell's reply to its last output; nbval's own 5 are too few beside other work


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--other-images", action="store_true", help=f"leave out the notebook cells with the tag {SAME}")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    cells = [item for item in items if hasattr(item, "cell")]
    for item in cells:
        item.output_timeout = PATIENCE
    if config.option.other_images:
        repeated = [item for item in cells if SAME in item.cell.metadata.get("tags", [])]
        config.hook.pytest_deselected(items=repeated)
        items[:] = [item for item in items if item not in repeated]
