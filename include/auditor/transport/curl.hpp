// The reference transport on libcurl, its builder and that of a client over it. Link with libcurl.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/requirements.hpp>
#ifdef AUDITOR_FROM_INCLUDE  // else it has been said what is wrong

#include <auditor/transport/curl/builder.hpp>
#include <auditor/transport/curl/client_builder.hpp>
#include <auditor/transport/curl/transport.hpp>

#endif
