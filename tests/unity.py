"""Writes one unit of several sources, each in a namespace of its own: what they include is most of what they cost, and is read once.

    unity.py <unit> <source>...    writes it, unless it is as it would be

What stands before a source's first line of code, its includes with the conditions around them, comes first and outside of the
namespaces; where the source itself includes the same again, it is there already. Sources with a main, whose last line closes it,
become one program, which does what it is called: as `collector` what collector.cpp does.
"""
# SPDX-License-Identifier: MIT OR Apache-2.0

import pathlib
import re
import sys

unit = pathlib.Path(sys.argv[1])
sources = [pathlib.Path(name).resolve() for name in sys.argv[2:]]
texts = {source: source.read_text(encoding="utf-8") for source in sources}
mains = {source: found[1] for source in sources if (found := re.search(r"^int main\((.*)\)", texts[source], re.MULTILINE))}


def beginning(source):
    for line in texts[source].splitlines():
        if line.startswith("#"):
            quoted = re.match(r'#\s*include "(.+)"', line)
            beside = source.parent / quoted[1] if quoted else source
            yield f'#include "{beside.as_posix()}"' if quoted and beside.exists() else line
        elif line.strip() and not line.startswith("//"):
            return


def code(source):
    if source not in mains:
        return f'#include "{source.as_posix()}"\n'
    # A function main that is not the program's does not return 0 by itself.
    body, brace, rest = texts[source].rpartition("}")
    return f'#line 1 "{source.as_posix()}"\n{body}return 0; {brace}{rest}'


text = "\n".join(line for source in sources for line in beginning(source)) + "\n"
text += "".join(f"namespace source_{source.stem} {{\n{code(source)}}}\n" for source in sources)
if mains:
    runs = (f'  if (name == "{main.stem}") return source_{main.stem}::main({"count, arguments" if takes else ""});\n' for main, takes in mains.items())
    text += f"""#include <filesystem>
#include <string>
int main(int count, char** arguments) {{
  const std::string name = std::filesystem::path(count > 0 ? arguments[0] : "").stem().string();
{"".join(runs)}  return 127;
}}
"""
if not unit.exists() or unit.read_text(encoding="utf-8") != text:
    unit.parent.mkdir(parents=True, exist_ok=True)
    unit.write_text(text, encoding="utf-8")
