# auditor::auditor, the core, needs nothing; each optional header with a dependency has a target of its own, which links it.
# SPDX-License-Identifier: MIT OR Apache-2.0

# Headers of a project that is included by another are the other's system headers: no warning of ours in their build.
set(auditor_system "")
if(NOT PROJECT_IS_TOP_LEVEL)
  set(auditor_system SYSTEM)
endif()

add_library(auditor_auditor INTERFACE)
add_library(auditor::auditor ALIAS auditor_auditor)
set_target_properties(auditor_auditor PROPERTIES EXPORT_NAME auditor)
target_compile_features(auditor_auditor INTERFACE cxx_std_20)
target_include_directories(auditor_auditor ${auditor_system} INTERFACE $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>
                                                                       $<INSTALL_INTERFACE:include>)

# The generated single header. Not installed: a package has the headers themselves.
add_library(auditor_single INTERFACE)
add_library(auditor::single ALIAS auditor_single)
target_compile_features(auditor_single INTERFACE cxx_std_20)
target_include_directories(auditor_single ${auditor_system} INTERFACE ${PROJECT_SOURCE_DIR}/single_include)

set(auditor_components "") # the optional targets that this configuration has

# auditor_boost_version(<variable>): of the headers that Boost::headers names, whoever has brought it along; empty if they do not tell.
function(auditor_boost_version variable)
  set(${variable} "" PARENT_SCOPE)
  get_target_property(folders Boost::headers INTERFACE_INCLUDE_DIRECTORIES)
  foreach(folder IN LISTS folders ITEMS /usr/local/include /usr/include)
    if(EXISTS ${folder}/boost/version.hpp)
      file(STRINGS ${folder}/boost/version.hpp line REGEX "^#define BOOST_VERSION [0-9]+")
      string(REGEX MATCH "[0-9]+$" number "${line}")
      math(EXPR major "${number} / 100000")
      math(EXPR minor "${number} / 100 % 1000")
      set(${variable} ${major}.${minor} PARENT_SCOPE)
      return()
    endif()
  endforeach()
endfunction()

# auditor_component(<name> FIND <find_package arguments> LINK <targets>... [BOOST <version>]): auditor::<name>, when what it needs
# is there. More than one package: separate the calls of find_package with AND.
function(auditor_component name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "BOOST" "FIND;LINK")
  string(REPLACE ";AND;" "|" packages "${arg_FIND}")
  string(REPLACE ";" " " packages "${packages}")
  string(REPLACE "|" ";" packages "${packages}")

  # A target that the enclosing project brings along is used as it is.
  set(missing "")
  foreach(target IN LISTS arg_LINK)
    if(NOT TARGET ${target})
      list(APPEND missing ${target})
    endif()
  endforeach()
  if(missing)
    foreach(package IN LISTS packages)
      separate_arguments(package)
      find_package(${package} QUIET)
    endforeach()
  endif()
  foreach(target IN LISTS arg_LINK)
    if(NOT TARGET ${target})
      message(STATUS "auditor::${name} is left out: ${target} was not found")
      return()
    endif()
  endforeach()
  # A target has no version, and another component may have found it.
  if(arg_BOOST)
    auditor_boost_version(boost)
    if(boost AND boost VERSION_LESS arg_BOOST)
      message(STATUS "auditor::${name} is left out: it needs Boost ${arg_BOOST}, and this is ${boost}")
      return()
    endif()
  endif()
  # Found here, but linked by whoever links auditor::<name>: their directory must see it too.
  foreach(target IN LISTS missing)
    get_target_property(alias ${target} ALIASED_TARGET)
    if(NOT alias)
      set_target_properties(${target} PROPERTIES IMPORTED_GLOBAL TRUE)
    endif()
  endforeach()

  add_library(auditor_${name} INTERFACE)
  add_library(auditor::${name} ALIAS auditor_${name})
  set_target_properties(auditor_${name} PROPERTIES EXPORT_NAME ${name})
  target_link_libraries(auditor_${name} INTERFACE auditor_auditor ${arg_LINK})
  list(APPEND auditor_components ${name})
  set(auditor_components ${auditor_components} PARENT_SCOPE)
endfunction()

# The same packages stand in cmake/auditor-config.cmake, which finds them for users of an installed auditor.
auditor_component(curl FIND CURL 7.88 LINK CURL::libcurl)
if(TARGET auditor_curl)
  target_link_libraries(auditor_curl INTERFACE ${CMAKE_DL_LIBS}) # dlsym, before glibc 2.34
endif()
auditor_component(nlohmann_json FIND nlohmann_json 3.11 LINK nlohmann_json::nlohmann_json)
auditor_component(time_zone FIND date LINK date::date date::date-tz)
auditor_component(sandbox FIND Threads AND Boost CONFIG LINK Threads::Threads Boost::headers BOOST 1.74)
auditor_component(boost_asio FIND Threads AND Boost CONFIG LINK Threads::Threads Boost::headers BOOST 1.80)
auditor_component(beast FIND Threads AND OpenSSL AND Boost CONFIG
                  LINK Threads::Threads OpenSSL::SSL OpenSSL::Crypto Boost::headers BOOST 1.80)
