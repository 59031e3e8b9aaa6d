// What a program says when the library ends it: run in a child process, because that ends.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/base/panic.hpp>

#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <string>
#include <string_view>

/// The sentence of the panic that ends `run()`; empty: it came to its own end.
template <class Run>
std::string last_words(Run run) {
  static std::array<int, 2> pipe_ends{};
  if (pipe(pipe_ends.data()) != 0) return "no pipe";
  const pid_t child = fork();
  if (child == 0) {
    std::signal(SIGABRT, SIG_DFL);
    auditor::set_panic_hook([](std::string_view why) noexcept {
      [[maybe_unused]] const auto written = write(pipe_ends[1], why.data(), why.size());
    });
    run();
    _exit(0);
  }
  close(pipe_ends[1]);
  std::string words;
  std::array<char, 512> some{};
  for (ssize_t n = 0; (n = read(pipe_ends[0], some.data(), some.size())) > 0;)
    words.append(some.data(), static_cast<std::size_t>(n));
  close(pipe_ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  if (WIFSIGNALED(status) != !words.empty()) return "ended by signal " + std::to_string(WTERMSIG(status));
  return words;
}
