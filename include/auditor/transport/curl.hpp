// The reference transport on libcurl, its builder and that of a client over it. Link with libcurl.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/transport/curl/builder.hpp>
#include <auditor/transport/curl/client_builder.hpp>
#include <auditor/transport/curl/transport.hpp>
