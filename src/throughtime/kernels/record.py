"""Named tuples of Python, as kernels get them: the address of their fields.

Numba passes a tuple field by field, so that each call copies the numbers of a shape and the places of a tape, some
sixty words, through every level down to the kernels of a cell. One address says the same. A record is only read.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import typeof, types
from numba.core import cgutils
from numba.core.typing.templates import AttributeTemplate
from numba.extending import NativeValue, infer_getattr, lower_getattr_generic, models, register_model, unbox

_INDEX = ir.IntType(32)


class Record(types.Type):
    """The Numba type of the address, from that of the named tuple."""

    def __init__(self, named: Any) -> None:
        self.named, self.instance_class = named, named.instance_class
        super().__init__(name=f"Record({named.name})")


def kind_of(argument: Any) -> Any:
    """The Numba type of what Python gives a kernel."""
    kind = typeof(argument)
    return Record(kind) if isinstance(kind, types.BaseNamedTuple) else kind


def memory_of(context: Any, kind: Any) -> ir.Type:
    """What LLVM finds at the address of a record, or the value of another type."""
    if not isinstance(kind, Record):
        return context.get_value_type(kind)
    return ir.LiteralStructType([memory_of(context, one) for one in kind.named.types])


def field(builder: Any, address: Any, number: int) -> Any:
    """The address of one of the values at an address."""
    return builder.gep(address, [ir.Constant(_INDEX, k) for k in (0, number)], inbounds=True)


def _read(builder: Any, address: Any) -> Any:
    """The value there, word by word: LLVM may read again, later or never what nobody changes."""
    kind = address.type.pointee
    if isinstance(kind, ir.Aggregate):
        value = ir.Constant(kind, ir.Undefined)
        for number in range(len(kind)):
            value = builder.insert_value(value, _read(builder, field(builder, address, number)), number)
        return value
    word = builder.load(address)
    word.set_metadata("invariant.load", builder.module.add_metadata([]))
    return word


@register_model(Record)
class _RecordModel(models.PrimitiveModel):
    def __init__(self, manager, record):
        memory = ir.LiteralStructType([manager[one].get_value_type() for one in record.named.types])
        super().__init__(manager, record, memory.as_pointer())


@infer_getattr
class _Fields(AttributeTemplate):
    key = Record

    def generic_resolve(self, record, name):
        named = record.named
        return named.types[named.fields.index(name)] if name in named.fields else None


@lower_getattr_generic(Record)
def _get(context, builder, record, address, name):
    return _read(builder, field(builder, address, record.named.fields.index(name)))


@unbox(Record)
def _from_python(record, named, c):
    native = c.unbox(record.named, named)
    address = cgutils.alloca_once(c.builder, memory_of(c.context, record))
    for number in range(len(record.named.types)):
        c.builder.store(c.builder.extract_value(native.value, number), field(c.builder, address, number))

    def cleanup() -> None:
        if native.cleanup is not None:
            native.cleanup()
        c.context.nrt.decref(c.builder, record.named, native.value)

    return NativeValue(address, is_error=native.is_error, cleanup=cleanup)
