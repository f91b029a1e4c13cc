"""Every error of the tool: a stable code, and a message that names thing, place and mend."""

from __future__ import annotations

CODES: dict[str, str] = {
    "TRAIN_JOB": "The job file is missing or not what the tool contract describes.",
    "TRAIN_PARAMETERS": "A parameter has a wrong type or value, or two parameters contradict each other.",
    "TRAIN_FEATURES": "The features artifact is unreadable or does not have the layout of its kind.",
    "TRAIN_EMPTY_SPLIT": "A split that training needs holds no clips.",
    "TRAIN_LABELS": "A label lies outside the list of classes.",
    "TRAIN_ONE_CLASS": "The training split holds clips of one class only.",
    "TRAIN_NOT_FINITE": "The features hold NaN or infinite values.",
    "TRAIN_DATASET": "The dataset artifact is unreadable or does not belong to the features.",
    "TRAIN_ARCHITECTURE": "The architecture is unknown, malformed, or does not fit the input's shape.",
    "TRAIN_DIVERGED": "The loss stopped being a finite number.",
    "TRAIN_MEMORY": "The machine or the GPU has too little memory for the batch.",
    "TRAIN_DISK": "A file could not be written.",
    "TRAIN_INTERNAL": "The tool itself is at fault.",
}

EXIT_SUCCESS = 0
EXIT_PERMANENT = 1
EXIT_TRANSIENT = 75
EXIT_CANCELLED = 130


class TrainError(Exception):
    """A failure that the user can understand and mend."""

    def __init__(self, code: str, message: str, exit_code: int = EXIT_PERMANENT) -> None:
        assert code in CODES, code
        super().__init__(message)
        self.code = code
        self.exit_code = exit_code


class Cancelled(Exception):
    """The run was asked to stop; a checkpoint has been written."""
