"""template.yaml as data, with the short tags of CloudFormation written out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from pathlib import Path

    from yaml import SafeLoader as _Base
else:
    _Base = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # ten times as fast

Template = dict[str, Any]

FUNCTION = "AWS::Serverless::Function"
LAYER = "AWS::Serverless::LayerVersion"
SOURCE = {FUNCTION: "CodeUri", LAYER: "ContentUri"}


class _Loader(_Base):
    """SafeLoader that knows !Ref and its kin."""


def _written_out(loader: yaml.SafeLoader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    name = suffix if suffix in {"Ref", "Condition"} else f"Fn::{suffix}"
    if isinstance(node, yaml.ScalarNode):
        text = str(loader.construct_scalar(node))
        return {name: text.split(".", 1) if suffix == "GetAtt" else text}
    if isinstance(node, yaml.SequenceNode):
        return {name: loader.construct_sequence(node, deep=True)}
    assert isinstance(node, yaml.MappingNode)  # noqa: S101 there is no fourth kind
    return {name: loader.construct_mapping(node, deep=True)}


_Loader.add_multi_constructor("!", _written_out)


def read(path: Path) -> Template:
    """Read a template; `!Ref X` becomes {"Ref": "X"}, `!GetAtt X.Arn` {"Fn::GetAtt": ["X", "Arn"]}."""
    return parse(path.read_text(encoding="utf-8"))


def parse(text: str) -> Template:
    """Read a template's text, YAML or JSON; see read."""
    loaded: Template = yaml.load(text, Loader=_Loader)  # noqa: S506 a SafeLoader
    return loaded


def of_type(template: Template, *types: str) -> dict[str, dict[str, Any]]:
    """Return the properties of the resources of these types, by logical id."""
    resources: dict[str, Any] = template["Resources"]
    return {name: one.get("Properties", {}) for name, one in resources.items() if one["Type"] in types}


def sources(template: Template) -> dict[str, str]:
    """Return the source folder of every function and layer, by logical id."""
    kinds = {
        name: SOURCE[one["Type"]] for name, one in template["Resources"].items() if one["Type"] in SOURCE
    }
    return {name: template["Resources"][name]["Properties"][key] for name, key in kinds.items()}
