"""How kernels are compiled: each piece of machine code once.

Numba links whatever a function calls into that function, and LLVM optimises it there again; through five levels of
calls a cold start would take twice as long. So there are three kinds of functions here:

kernel      machine code of its own, which other kernels call by the name of its symbol; kept on disk
inlined     no machine code of its own: LLVM makes one piece of it and the kernel that calls it
entry       what Python calls, made from a kernel when Python first calls it: few are called from there, and taking
            Python's objects apart needs more code than many a kernel

The names of symbols follow from the function and its types, so that code from the disk fits code compiled by another
process.

Numba has no public way to do this, so parts of it are used that may change: `pyproject.toml` therefore allows only
versions of Numba that were tested, and CI tests the lowest and the newest of them. The parts, all of them in this file
but for the last:

CPUDispatcher       what `@njit` makes: its `_cache` is replaced by ours (`kernels.cache`), its `add_overload` says what
                    others know of a kernel (a symbol, not its code), `overloads` and `get_call_template` let an
                    intrinsic call one; `types.unliteral` makes a number's type of a constant's, and `typeof_pyval`
                    one of Python's objects (named tuples are records: `kernels.record`)
CompilerBase        the pipeline: `define_pipelines` chooses Numba's passes, `compile_extra` sets the library,
                    `_compile_bytecode` names the symbols; the pass `NativeLowering` leaves out what kernels do not need
JITCodeLibrary      one module's LLVM code: `_optimize_functions`, `_optimize_final_module`, `_finalize_final_module`
                    choose how often LLVM optimises it, with `_codegen._module_pass_manager()` and
                    `_codegen._data_layout`
targetctx           `insert_user_function`, `remove_user_function`: which code stands for a function
CompileResult       `_reduce`, `_rebuild`, with `core.serialize.dumps`: machine code as bytes and back (in
                    `kernels.cache`); `library._final_module` says which symbols code calls, `codegen().magic_tuple()`
                    names the processor; `rtsys.initialize` and `targetctx.refresh` make what that code may call

The intrinsics and types (`held`, `record`, `product`, `tile`, `vector`, `walk`, `views`, `gaussian`, `activations`) use
`numba.extending`, which is public, and `core.cgutils` and `np.arrayobj.populate_array`, which Numba's documentation
shows but does not promise. `held` writes arrays and tuples down as Numba lays them out; `record` gives back what
unboxing took (`targetctx.nrt.decref`).
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import cache, cached_property, partial
from typing import Any

import numpy as np
from numba import types
from numba.core import compiler, config
from numba.core.codegen import JITCodeLibrary
from numba.core.compiler_machinery import PassManager, register_pass
from numba.core.registry import CPUDispatcher, cpu_target
from numba.core.typed_passes import (
    IRLegalization,
    NativeLowering,
    NoPythonBackend,
    NopythonTypeInference,
    PreLowerStripPhis,
)
from numba.core.untyped_passes import FixupArgs, GenericRewrites, IRProcessing, ReconstructSSA, TranslateByteCode

from throughtime.kernels.cache import Cache
from throughtime.kernels.held import Held, taken, words
from throughtime.kernels.record import kind_of

_OPTIONS = {"nopython": True, "error_model": "numpy", "no_cfunc_wrapper": True}
_symbols: dict[str, tuple[Any, ...]] = {}
"""Which kernel, as module, name and types, a symbol of machine code stands for."""


class _InOrder(set[str]):
    """A set that is shown the same in every process: what it shows becomes a part of the names of symbols."""

    def __repr__(self) -> str:
        return ",".join(sorted(self))


class _Library(JITCodeLibrary):
    """The LLVM code of a kernel, optimised once; Numba would do it three times, to prune what kernels do not have."""

    def _optimize_functions(self, ll_module: Any) -> None:
        ll_module.data_layout = self._codegen._data_layout

    def _optimize_final_module(self) -> None:
        passes, builder = self._codegen._module_pass_manager()
        passes.run(self._final_module, builder)


class _Header(_Library):
    """The LLVM code of what is only ever linked into others."""

    def _optimize_final_module(self) -> None:
        pass

    def _finalize_final_module(self) -> None:
        self._finalize_dynamic_globals()
        self._finalized = True


@cache
def _size_of(kind: Any) -> int:
    """The bytes of an LLVM type."""
    return cpu_target.target_context.get_abi_sizeof(kind)  # type: ignore[no-any-return]


@register_pass(mutates_CFG=True, analysis_only=False)
class _Lowering(NativeLowering):
    """Writes LLVM's code: without counting references in kernels, which allocate nothing, for entries hold all arrays.

    Numba asks for the size of every variable's type, for debuggers alone, and LLVM reads a module for each answer.
    """

    _name = "kernel_lowering"

    def run_pass(self, state: Any) -> bool:
        context = state.targetctx
        context.enable_nrt = not state.flags.no_cpython_wrapper
        context.get_abi_sizeof = _size_of
        return bool(super().run_pass(state))


_PASSES = (
    TranslateByteCode, FixupArgs, IRProcessing, GenericRewrites, ReconstructSSA,
    NopythonTypeInference, PreLowerStripPhis, IRLegalization, _Lowering, NoPythonBackend,
)  # fmt: skip
"""Those of Numba's that kernels need: they have no closures, exceptions, `with`, and arithmetic of whole arrays."""


class _Compiler(compiler.CompilerBase):
    library: type[JITCodeLibrary] = _Library

    def define_pipelines(self) -> list[PassManager]:
        passes = PassManager("kernel")
        for step in _PASSES:
            passes.add_pass(step, step.__name__)
        passes.finalize()
        return [passes]

    def compile_extra(self, func: Any) -> Any:
        s = self.state
        s.library = self.library(s.targetctx.codegen(), func.__qualname__)
        s.library.enable_object_caching()
        return super().compile_extra(func)

    def _compile_bytecode(self) -> Any:
        identity = self.state.func_id
        if "<locals>" not in identity.func_qualname:
            # Numba would number it, in the order in which this process happens to compile.
            identity.unique_id, identity.unique_name = 0, identity.func_qualname
        return super()._compile_bytecode()


class _HeaderCompiler(_Compiler):
    library = _Header

    def compile_extra(self, func: Any) -> Any:
        self.state.flags.no_compile = True
        return super().compile_extra(func)


class _Dispatcher(CPUDispatcher):
    _cache: Any

    def __init__(self, function: Callable[..., Any], options: dict[str, Any], pipeline: type[_Compiler]) -> None:
        super().__init__(function, targetoptions=_OPTIONS | options, pipeline_class=pipeline)

    def get_call_template(self, args: Any, kws: Any) -> Any:
        """For calls from other functions: a constant needs no code of its own, but that of any number of its type."""
        return super().get_call_template(tuple(map(types.unliteral, args)), kws)

    def typeof_pyval(self, val: Any) -> Any:
        return kind_of(val)


class _Inlined(_Dispatcher):
    def add_overload(self, cres: Any) -> None:
        """Let others know its code; there is nothing that could be called."""
        code = cres._replace(entry_point=object())
        self.targetctx.insert_user_function(code.entry_point, code.fndesc, [code.library])
        self.overloads[tuple(code.signature.args)] = code


class _Kernel(_Dispatcher):
    def add_overload(self, cres: Any) -> None:
        """Let others know its symbol, without linking the code to it."""
        self.targetctx.remove_user_function(cres.entry_point)
        self.targetctx.insert_user_function(cres.entry_point, cres.fndesc)
        name = self.py_func.__module__, self.py_func.__qualname__
        _symbols[cres.fndesc.llvm_func_name] = *name, tuple(cres.signature.args)
        super().add_overload(cres)

    @cached_property
    def entry(self) -> Any:
        """What Python calls."""
        names = ", ".join(_names(self))
        return _entry(self, "entry", f"lambda {names}: kernel({names})")

    def __call__(self, *arguments: Any) -> Any:
        return self.entry(*arguments)


def _names(kernel: _Kernel) -> list[str]:
    return list(inspect.signature(kernel.py_func).parameters)


def _entry(kernel: _Kernel, suffix: str, source: str) -> _Dispatcher:
    of = kernel.py_func
    function = eval(compile(source, inspect.getfile(of), "eval"), {"kernel": kernel, "taken": taken})
    function.__name__, function.__qualname__ = f"{of.__name__}_{suffix}", f"{of.__qualname__}_{suffix}"
    function.__module__ = of.__module__
    entry = _Dispatcher(function, {"nogil": True}, _Compiler)
    entry._cache = Cache(function, _symbols)
    return entry


@cache
def _bound_entry(kernel: _Kernel, count: int) -> _Dispatcher:
    """What Python calls with the address of the first `count` arguments in place of them, see `held`."""
    later = _names(kernel)[count:]
    arguments = ", ".join([*(f"taken(held, {number})" for number in range(count)), *later])
    return _entry(kernel, f"after_{count}", f"lambda {', '.join(['held', *later])}: kernel({arguments})")


def kernel(function: Callable[..., Any]) -> Any:
    """Compile a function to machine code at its first call for each signature, or take it from the disk."""
    if config.DISABLE_JIT:  # type: ignore[attr-defined]
        return function
    options = {"fastmath": _InOrder({"reassoc", "contract"}), "no_cpython_wrapper": True}
    options["forceinline"] = False  # else it would have that of whoever calls it first, and its symbol another name
    compiled = _Kernel(function, options, _Compiler)
    compiled._cache = Cache(function, _symbols)
    return compiled


def inlined(function: Callable[..., Any]) -> Any:
    """A part of the kernels that call it."""
    if config.DISABLE_JIT:  # type: ignore[attr-defined]
        return function
    return _Inlined(function, {"forceinline": True, "no_cpython_wrapper": True}, _HeaderCompiler)


def bound(kernel: Any, *arguments: Any, later: tuple[Any, ...] = ()) -> Callable[..., Any]:
    """A kernel's call on these very objects, which are taken apart once, and on others that come at each call.

    `later` holds examples of those: objects of other types must not be given.
    """
    if config.DISABLE_JIT:  # type: ignore[attr-defined]
        return partial(kernel, *arguments)
    held, kinds = np.array(words(arguments), np.int64), Held(tuple(map(kind_of, arguments)))
    call = partial(_bound_entry(kernel, len(arguments)).compile((kinds, *map(kind_of, later))), held.ctypes.data)
    call.needed = held, arguments  # type: ignore[attr-defined]  # which hold the memory that the words tell of
    return call


def called(kernel: Any, signature: Any) -> Callable[[Any, Any, Any], Any]:
    """For intrinsics: have a kernel compiled that they call; returns what writes the call."""
    kernel.get_call_template(signature.args, {})
    descriptor = kernel.overloads[signature.args].fndesc

    def write(context: Any, builder: Any, arguments: Any) -> Any:
        return context.call_internal(builder, descriptor, signature, arguments)

    return write
