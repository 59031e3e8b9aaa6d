"""Lists the macros that <auditor/auditor.hpp> adds to those of the standard headers: exactly the ones that are documented."""
# SPDX-License-Identifier: MIT OR Apache-2.0

import pathlib
import re
import subprocess
import sys

COMPILER, INCLUDE = sys.argv[1], pathlib.Path(sys.argv[2])

DOCUMENTED = {
    "AUDITOR_VERSION_MAJOR",
    "AUDITOR_VERSION_MINOR",
    "AUDITOR_VERSION_PATCH",
    "AUDITOR_EXCEPTIONS",
    "AUDITOR_ASSERT",
    "AUDITOR_THREADS",
    "AUDITOR_COMPACT",
    "AUDITOR_ABI",
    "AUDITOR_MODEL_ABI",
    "AUDITOR_ABI_JOIN",
    "AUDITOR_ABI_JOINED",
    "AUDITOR_ABI_TIER",
    "AUDITOR_ABI_EXCEPTIONS",
    "AUDITOR_ABI_ASSERT",
    "AUDITOR_EXPORT",
    "AUDITOR_DECL",
    "AUDITOR_BODIES",
    "AUDITOR_CALLED_ONCE",
}
# How the two folders know of each other.
DOCUMENTED |= {"AUDITOR_FROM_INCLUDE"} if INCLUDE.name == "include" else {"AUDITOR_FROM_SINGLE_INCLUDE", "AUDITOR_SINGLE_AUDITOR"}


def macros(code):
    command = [COMPILER, "-std=c++20", "-dM", "-E", "-x", "c++", f"-I{INCLUDE}", "-"]
    output = subprocess.run(command, input=code, check=True, capture_output=True, text=True).stdout
    return set(re.findall(r"^#define (\w+)", output, re.MULTILINE))


texts = [path.read_text(encoding="utf-8") for path in sorted(INCLUDE.rglob("*.hpp"))]
standard = {header for text in texts for header in re.findall(r"^\s*#\s*include\s*(<[a-z_]+>)", text, re.MULTILINE)}
before = macros("".join(f"#if __has_include({header})\n#include {header}\n#endif\n" for header in sorted(standard)))
added = macros("#include <auditor/auditor.hpp>\n") - before

for name in sorted(added - DOCUMENTED):
    print(f"{name} is left defined")
for name in sorted(DOCUMENTED - added):
    print(f"{name} is documented, and nothing defines it")
sys.exit(added != DOCUMENTED)
