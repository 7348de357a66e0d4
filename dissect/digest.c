#include "digest.h"

#include "../must.h"

#include <wolfssl/options.h>
#include <wolfssl/wolfcrypt/md5.h>
#include <wolfssl/wolfcrypt/sha.h>
#include <wolfssl/wolfcrypt/sha256.h>

/* A digest fails for want of memory only. */
static void insist(int result)
{
	if (result != 0)
		out_of_memory();
}

void digest_md5(const void *bytes, size_t len, uint8_t out[MD5_LEN])
{
	wc_Md5 md5;

	insist(wc_InitMd5(&md5));
	insist(wc_Md5Update(&md5, bytes, (word32)len));
	insist(wc_Md5Final(&md5, out));
	wc_Md5Free(&md5);
}

void digest_sha1(const void *bytes, size_t len, uint8_t out[SHA1_LEN])
{
	wc_Sha sha;

	insist(wc_InitSha(&sha));
	insist(wc_ShaUpdate(&sha, bytes, (word32)len));
	insist(wc_ShaFinal(&sha, out));
	wc_ShaFree(&sha);
}

void digest_sha256(const void *bytes, size_t len, uint8_t out[SHA256_LEN])
{
	wc_Sha256 sha;

	insist(wc_InitSha256(&sha));
	insist(wc_Sha256Update(&sha, bytes, (word32)len));
	insist(wc_Sha256Final(&sha, out));
	wc_Sha256Free(&sha);
}

void digest_hex(const uint8_t *bytes, size_t len, char *out)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < len; i++) {
		*out++ = digits[bytes[i] >> 4];
		*out++ = digits[bytes[i] & 15];
	}
	*out = '\0';
}
