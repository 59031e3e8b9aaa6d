// Which file a name leads to, which of them this process and its parent have open, and what file system they are on.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/executor/process.hpp>

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

// The name of a file system that lies on another machine, by the number that Linux gives it (statfs); null: none that is known.
inline const char* network_file_system(std::uint32_t number) noexcept {
  switch (number) {
    case 0x6969: return "NFS";
    case 0x517B:
    case 0xFE53'4D42:
    case 0xFF53'4D42: return "SMB";
    case 0x0BD0'0BD0: return "Lustre";
    case 0x4750'4653: return "GPFS";
    case 0x1983'0326: return "BeeGFS";
    case 0x00C3'6400: return "CephFS";
    case 0x5346'414F: return "AFS";
    default: return nullptr;
  }
}

// Which file a name leads to.
struct file_identity {
  dev_t device{};
  ino_t node{};
  bool operator==(const file_identity&) const = default;
};
inline bool find_file(const std::string& name, file_identity& found) noexcept {
  struct stat what{};
  if (stat(name.c_str(), &what) != 0) return false;
  found = {what.st_dev, what.st_ino};
  return true;
}

// The files that this process has open, and those that were open in its parent: what SQLite knows of those goes over with a fork, and it
// lets no other open them.
class opened_files {
 public:
  // The process that had it open when this one was forked; 0: none.
  pid_t parent_that_had(const file_identity& which) {
    const std::lock_guard lock(guard_);
    for (const opened& each : all_)
      if (each.which == which && !each.owner.is_this()) return each.process;
    return 0;
  }
  void add(const file_identity& which) {
    const std::lock_guard lock(guard_);
    all_.push_back({which, {}, getpid()});
  }
  void remove(const file_identity& which) {
    const std::lock_guard lock(guard_);
    std::erase_if(all_, [&](const opened& each) { return each.which == which && each.owner.is_this(); });
  }

 private:
  struct opened {
    file_identity which;
    owning_process owner;
    pid_t process;
  };
  std::mutex guard_;
  std::vector<opened> all_;
};
inline opened_files& all_opened_files() {
  static opened_files all;
  return all;
}

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
