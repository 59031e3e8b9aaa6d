// The reference transport on libcurl, its builder and that of a client over it. Link with libcurl.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

// What most programs include, and all that a blocking one needs:
//
//   #include <auditor/transport/curl.hpp>
//
//   auto client = auditor::client_builder().address("localhost", 8000).timeout(10s).build();
//   if (!client) return fail(message(client.error()));
//   if (auto added = client->add(record); !added) std::cerr << message(added.error()) << '\n';
//
// libcurl 7.88 or later, with OpenSSL or GnuTLS. In CMake: auditor::curl. Asynchronous: transport/curl_async.hpp.

#include <auditor/requirements.hpp>
#ifdef AUDITOR_FROM_INCLUDE  // else it has been said what is wrong

#include <auditor/base/message.hpp>
#include <auditor/transport/curl/builder.hpp>
#include <auditor/transport/curl/client_builder.hpp>
#include <auditor/transport/curl/transport.hpp>

#endif
