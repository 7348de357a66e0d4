/* Stores of roots: files, directories, and what is found in them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../dissect/certificate.h"
#include "../../dissect/pem.h"

static struct certificate *first_of(const char *path)
{
	struct file_bytes file, der;
	char problem[200];

	assert_true(file_read(path, 1 << 20, &file, problem, sizeof(problem)));
	struct reader text = reader_of(file.at, file.len);

	assert_true(pem_next(&text, "CERTIFICATE", &der));
	struct certificate *c = certificate_get(NULL, der.at, der.len);

	free(der.at);
	free(file.at);
	return c;
}

static void a_bundle_gives_its_roots_by_subject(void **state)
{
	char problem[200];
	struct trust_store *t = trust_open("tests/chains/trust/root.pem", NULL, problem, sizeof(problem));
	struct certificate *root = first_of("tests/chains/trust/root.pem");
	const struct certificate *found[4];

	(void)state;
	assert_non_null(t);
	assert_int_equal(trust_count(t), 1);
	assert_int_equal(trust_by_subject(t, root->subject_der, root->subject_der_len, found, 4), 1);
	assert_string_equal(found[0]->subject, "CN=Test Root, O=Test Trust");
	assert_int_equal(trust_by_subject(t, root->subject_der, root->subject_der_len - 1, found, 4), 0);
	certificate_release(root);
	trust_free(t);
}

static void a_directory_gives_the_roots_of_all_its_files(void **state)
{
	char problem[200];
	struct trust_store *t = trust_open(NULL, "tests/chains/trust", problem, sizeof(problem));
	struct certificate *root = first_of("tests/chains/trust/root.pem");
	const struct certificate *found[4];

	(void)state;
	assert_non_null(t);
	assert_true(trust_count(t) >= 5);
	/* root and root_old: one name, one key, other dates. */
	assert_int_equal(trust_by_subject(t, root->subject_der, root->subject_der_len, found, 4), 2);
	assert_int_equal(trust_by_subject(t, root->subject_der, root->subject_der_len, found, 1), 1);
	certificate_release(root);
	trust_free(t);
}

static void the_same_subject_and_key_is_trusted_whoever_signed_it(void **state)
{
	char problem[200];
	struct trust_store *t = trust_open("tests/chains/trust/root_old.pem", NULL, problem,
					   sizeof(problem));
	struct certificate *root = first_of("tests/chains/trust/root.pem");
	struct certificate *other = first_of("tests/chains/trust/private.pem");

	(void)state;
	assert_true(trust_has(t, root));
	assert_false(trust_has(t, other));
	assert_false(trust_has(NULL, root));
	certificate_release(root);
	certificate_release(other);
	trust_free(t);
}

static void an_organization_of_a_root_is_known(void **state)
{
	char problem[200];
	struct trust_store *t = trust_open("tests/chains/trust/root.pem", NULL, problem, sizeof(problem));

	(void)state;
	assert_true(trust_has_organization(t, "Test Trust"));
	assert_false(trust_has_organization(t, "Test"));
	assert_false(trust_has_organization(t, ""));
	trust_free(t);
}

static void what_holds_no_certificate_is_a_problem_in_words(void **state)
{
	char problem[200] = "";

	(void)state;
	assert_null(trust_open("tests/chains/answers.tsv", NULL, problem, sizeof(problem)));
	assert_non_null(strstr(problem, "answers.tsv"));
	problem[0] = '\0';
	assert_null(trust_open("tests/chains/no-such-file", NULL, problem, sizeof(problem)));
	assert_non_null(strstr(problem, "No such file"));
	problem[0] = '\0';
	assert_null(trust_open(NULL, "tests/chains/no-such-directory", problem, sizeof(problem)));
	assert_true(problem[0] != '\0');
}

static void a_file_in_der_is_one_certificate(void **state)
{
	struct certificate *root = first_of("tests/chains/trust/root.pem");
	char path[] = "/tmp/tlswhy-test-XXXXXX", problem[200];
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	FILE *f = fdopen(fd, "wb");

	assert_int_equal(fwrite(root->der, 1, root->der_len, f), root->der_len);
	fclose(f);
	struct trust_store *t = trust_open(path, NULL, problem, sizeof(problem));

	assert_true(trust_has(t, root));
	trust_free(t);
	certificate_release(root);
	remove(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_bundle_gives_its_roots_by_subject),
		cmocka_unit_test(a_directory_gives_the_roots_of_all_its_files),
		cmocka_unit_test(the_same_subject_and_key_is_trusted_whoever_signed_it),
		cmocka_unit_test(an_organization_of_a_root_is_known),
		cmocka_unit_test(what_holds_no_certificate_is_a_problem_in_words),
		cmocka_unit_test(a_file_in_der_is_one_certificate),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
