"""Machine code of compiled functions: compiled by numba, kept in object files, run without numba."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import llvmlite.binding as llvm


def compile_function(function: Callable[..., Any], name: str) -> bytes:
    """Object file with the function as `name`: it takes 64-bit integers and returns one."""
    import numba

    import matching.compiler.raw_array_type  # noqa: F401  numba must know the type before it begins

    integer = numba.int64
    compiled = numba.cfunc(integer(*[integer] * function.__code__.co_argcount), error_model="numpy")(function)
    module = llvm.parse_assembly(compiled.inspect_llvm())
    module.get_function(compiled.native_name).name = name
    code: bytes = _target_machine().emit_object(module)
    return code


def write(path: Path, code: bytes) -> None:
    """Writes the file whole or not at all, even when other processes write it too. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(f".{os.getpid()}")
    try:
        draft.write_bytes(code)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def load(code: bytes, name: str) -> tuple[Any, int]:
    """Engine that holds an object file in memory, and the address of one of its functions."""
    engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), _target_machine())
    engine.add_object_file(llvm.ObjectFileRef.from_data(code))
    engine.finalize_object()
    return engine, engine.get_function_address(name)


def _target_machine() -> Any:
    """This processor, anew each time: an engine owns the one it is made with."""
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    return llvm.Target.from_default_triple().create_target_machine(
        cpu=llvm.get_host_cpu_name(), features=llvm.get_host_cpu_features().flatten(), opt=3, codemodel="jitdefault"
    )
