# A recipe for Conan 2: headers, and a component for each part, over the system's packages or Conan's own.
# SPDX-License-Identifier: MIT OR Apache-2.0
import os
import re

from conan import ConanFile
from conan.tools.files import copy, load

# What each part needs: of Conan (reference, and the component to link), and of the system (libraries to link).
PARTS = {
    "curl": ({"libcurl/[>=7.88 <9]": "libcurl::libcurl"}, ["curl"]),
    "nlohmann_json": ({"nlohmann_json/[>=3.11 <4]": "nlohmann_json::nlohmann_json"}, []),
    "time_zone": ({"date/[>=3 <4]": "date::date"}, ["date-tz"]),
    "sqlite": ({"sqlite3/[>=3.34 <4]": "sqlite3::sqlite3"}, ["sqlite3"]),
    "sandbox": ({"boost/[>=1.74]": "boost::headers"}, []),
    "boost_asio": ({"boost/[>=1.80]": "boost::headers"}, []),
    "beast": ({"boost/[>=1.80]": "boost::headers", "openssl/[>=3 <4]": "openssl::openssl"}, ["ssl", "crypto"]),
}


class Auditor(ConanFile):
    name = "auditor"
    description = "A C++20 client of the Auditor accounting server"
    license = "MIT OR Apache-2.0"
    topics = ("accounting", "client", "header-only")
    package_type = "header-library"
    settings = "os", "arch", "compiler", "build_type"  # of the test package; the headers are for all
    options = {"system_packages": [True, False], **{part: [True, False] for part in PARTS}}
    default_options = {"system_packages": True, "curl": True, **{part: False for part in PARTS if part != "curl"}}
    exports_sources = "include/*", "modules/*", "src/*", "LICENSE-*"
    no_copy_source = True

    def set_version(self):
        text = load(self, os.path.join(self.recipe_folder, "include/auditor/version.hpp"))
        self.version = ".".join(re.findall(r"^#define AUDITOR_VERSION_(?:MAJOR|MINOR|PATCH) (\d+)$", text, re.MULTILINE))

    def parts(self):
        return {part: needs for part, needs in PARTS.items() if self.options.get_safe(part)}

    def requirements(self):
        if not self.options.system_packages:
            for reference in sorted({reference for packages, _ in self.parts().values() for reference in packages}):
                self.requires(reference, transitive_headers=True)

    def package_id(self):
        self.info.clear()

    def package(self):
        copy(self, "*.?pp", os.path.join(self.source_folder, "include"), os.path.join(self.package_folder, "include"))
        copy(self, "*.cpp", os.path.join(self.source_folder, "src"), os.path.join(self.package_folder, "share/auditor/src"))
        copy(self, "*.cppm", os.path.join(self.source_folder, "modules"), os.path.join(self.package_folder, "share/auditor/modules"))
        copy(self, "LICENSE-*", self.source_folder, os.path.join(self.package_folder, "licenses"))

    def package_info(self):
        self.cpp_info.set_property("cmake_file_name", "auditor")
        core = self.cpp_info.components["auditor"]
        core.set_property("cmake_target_name", "auditor::auditor")
        core.set_property("pkg_config_name", "auditor")
        core.bindirs = core.libdirs = []
        for part, (packages, libraries) in self.parts().items():
            component = self.cpp_info.components[part]
            component.set_property("cmake_target_name", f"auditor::{part}")
            component.set_property("pkg_config_name", f"auditor-{part.replace('_', '-')}")
            component.requires = ["auditor"]
            component.bindirs = component.libdirs = []
            if self.options.system_packages:
                component.system_libs = list(libraries)
            else:
                component.requires += list(packages.values())
            if self.settings.get_safe("os") in ("Linux", "FreeBSD"):
                component.system_libs += ["pthread", "dl"]
