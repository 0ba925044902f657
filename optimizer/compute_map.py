"""Settings table that says which nodes a class of compute runs on: power becomes node counts."""

import re
from pathlib import Path
from typing import Any, Self

from pydantic import Field, ValidationError, field_validator, model_validator

from models.errors import InputError
from models.parameters import Parameters
from optimizer.config import read_toml
from optimizer.wording import sentences

_PARTITION = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$")
_NAMESPACE = re.compile(r"^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$")  # RFC 1123, as Kubernetes asks
_RESOURCE = re.compile(r"^[a-z0-9]([-a-z0-9./]{0,251}[a-z0-9])?$")


class NodePool(Parameters):
    """The nodes of one class, all alike."""

    node_power_mw: float = Field(
        gt=0, le=1, description="IT power of a node at its nominal power limit [MW]"
    )
    node_count: int = Field(gt=0, description="nodes of the class")
    partition: str | None = Field(default=None, description="Slurm partition, or none")
    namespace: str | None = Field(default=None, description="Kubernetes namespace, or none")
    resource: str = Field(
        default="requests.nvidia.com/gpu", description="what the Kubernetes quota counts"
    )
    node_resource_count: int = Field(
        default=8, gt=0, description="how many of it a node has, e.g. accelerators"
    )
    accelerator_power_max_w: float | None = Field(
        default=None, gt=0, description="nominal power limit of an accelerator, or none [W]"
    )

    @field_validator("partition", "namespace", "resource")
    @classmethod
    def _is_plain(cls, name: str | None, info: object) -> str | None:
        """Refuse names the schedulers would not take: they end up in an operator's shell."""
        forms = {"partition": _PARTITION, "namespace": _NAMESPACE, "resource": _RESOURCE}
        field = str(getattr(info, "field_name", ""))
        if name is not None and not forms[field].match(name):
            raise ValueError(f"{field} = {name!r} is not a plain name. Use letters, digits and -.")
        return name

    @model_validator(mode="after")
    def _goes_somewhere(self) -> Self:
        """Refuse nodes that no scheduler is told about."""
        if self.partition is None and self.namespace is None:
            raise ValueError("neither partition nor namespace is given. Give one of them, or both.")
        return self


class ComputeMap(Parameters):
    """All of the compute map: ``[workload.training_ai]`` and so on."""

    workload: dict[str, NodePool] = Field(
        min_length=1, description="nodes by class, as the schedule names the class"
    )

    @model_validator(mode="after")
    def _apart(self) -> Self:
        """Refuse two classes in one partition or one namespace: their caps would be mixed."""
        for field in ("partition", "namespace"):
            names = [getattr(pool, field) for pool in self.workload.values()]
            if twice := sorted({n for n in names if n is not None and names.count(n) > 1}):
                raise ValueError(f"{field} = {twice[0]!r} has two classes. Give each its own.")
        return self


def compute_map_schema() -> dict[str, Any]:
    """Return the JSON Schema of a compute map."""
    return ComputeMap.model_json_schema()


def load_compute_map(path: Path, workloads: list[str]) -> ComputeMap:
    """Return the compute map in the TOML file at `path`.

    Raises
    ------
    InputError
        It can't be read, or names a class that is not one of `workloads`; every problem.
    """
    try:
        found = ComputeMap.model_validate(read_toml(path))
    except ValidationError as error:
        raise InputError(sentences(error, str(path), ComputeMap)) from error
    known = ", ".join(workloads)
    if problems := [
        f"{path}: [workload.{name}] is no class of the run. Give one of {known}."
        for name in found.workload
        if name not in workloads
    ]:
        raise InputError(problems)
    return found
