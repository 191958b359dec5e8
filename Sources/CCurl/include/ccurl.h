#ifndef CCURL_H
#define CCURL_H

#include <curl/curl.h>

/* curl_easy_setopt and its relatives take variable arguments, which Swift cannot call: here is one function per type of argument. */

typedef size_t (*ccurl_data_function)(char *data, size_t size, size_t count, void *context);
typedef int (*ccurl_seek_function)(void *context, curl_off_t offset, int origin);
typedef int (*ccurl_socket_function)(CURL *easy, curl_socket_t socket, int what, void *context, void *socket_context);
typedef int (*ccurl_timer_function)(CURLM *multi, long milliseconds, void *context);

CURLcode ccurl_set_long(CURL *easy, CURLoption option, long value);
CURLcode ccurl_set_offset(CURL *easy, CURLoption option, curl_off_t value);
CURLcode ccurl_set_string(CURL *easy, CURLoption option, const char *value);
CURLcode ccurl_set_pointer(CURL *easy, CURLoption option, void *value);
CURLcode ccurl_set_data_function(CURL *easy, CURLoption option, ccurl_data_function value);
CURLcode ccurl_set_seek_function(CURL *easy, ccurl_seek_function value);

CURLMcode ccurl_multi_set_long(CURLM *multi, CURLMoption option, long value);
CURLMcode ccurl_multi_set_functions(CURLM *multi, ccurl_socket_function socket, ccurl_timer_function timer, void *context);

long ccurl_get_long(CURL *easy, CURLINFO info);
void *ccurl_get_private(CURL *easy);

/* The next transfer that has ended, or NULL. */
CURL *ccurl_multi_next_done(CURLM *multi, CURLcode *result);

#endif
