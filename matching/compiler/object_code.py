"""Machine code of compiled functions: made by numba, kept in object files, run without it."""

import hashlib
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import llvmlite.binding as llvm


def digest(sources: Iterable[Path]) -> str:
    """What machine code depends on: these files and the processor; 16 hexadecimal digits."""
    told = hashlib.sha256(f"{llvm.get_host_cpu_name()} {llvm.get_host_cpu_features().flatten()}".encode())
    for path in sources:
        told.update(path.read_bytes())
    return told.hexdigest()[:16]


def _this_machine() -> Any:
    """A new one each time: whatever runs code owns it."""
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    return llvm.Target.from_default_triple().create_target_machine(
        cpu=llvm.get_host_cpu_name(), features=llvm.get_host_cpu_features().flatten(), opt=3, codemodel="jitdefault"
    )


def compiled(function: Callable[..., Any], name: str) -> bytes:
    """An object file with the function as `name`: it takes 64-bit whole numbers and gives one."""
    import numba

    import matching.compiler.raw_array_type  # noqa: F401  the compiler must know its types before it begins

    whole = numba.int64
    made = numba.cfunc(whole(*[whole] * function.__code__.co_argcount), error_model="numpy")(function)
    module = llvm.parse_assembly(made.inspect_llvm())
    module.get_function(made.native_name).name = name
    code: bytes = _this_machine().emit_object(module)
    return code


def keep(path: Path, code: bytes) -> None:
    """Writes the file whole or not at all, whoever else does the same. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(f".{os.getpid()}")
    try:
        draft.write_bytes(code)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def load(code: bytes, name: str) -> tuple[Any, int]:
    """What keeps the code of an object file in memory, and the address of one of its functions."""
    engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), _this_machine())
    engine.add_object_file(llvm.ObjectFileRef.from_data(code))
    engine.finalize_object()
    return engine, engine.get_function_address(name)
