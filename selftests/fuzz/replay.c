// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * replay.c - run inputs of a fuzzer again, without the fuzzer
 *
 *	replay FILE...
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>

#include "fuzz.h"

#define INPUT_MAX	(1u << 20)

int main(int argc, char **argv)
{
	unsigned char *bytes = malloc(INPUT_MAX);
	size_t size;
	FILE *file;
	int i;

	if (!bytes || argc < 2)
		errx(2, "usage: replay FILE...");
	for (i = 1; i < argc; i++) {
		file = fopen(argv[i], "r");
		if (!file)
			err(1, "%s", argv[i]);
		size = fread(bytes, 1, INPUT_MAX, file);
		if (ferror(file) || fgetc(file) != EOF)
			errx(1, "%s: cannot be read whole", argv[i]);
		fclose(file);
		LLVMFuzzerTestOneInput(bytes, size);
	}
	printf("%d inputs end well\n", argc - 1);
	free(bytes);
	return 0;
}
