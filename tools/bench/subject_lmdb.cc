// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * subject_lmdb.cc - LMDB with integer keys, in shared memory, in one read
 * transaction: its fastest form
 */
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <numeric>
#include <string>
#include <unistd.h>
#include <lmdb.h>

#include "bench.hh"

namespace {

void must(int err, const char *what)
{
	if (!err)
		return;
	fprintf(stderr, "bench: lmdb: %s: %s\n", what, mdb_strerror(err));
	exit(1);
}

class lmdb_subject : public subject {
public:
	explicit lmdb_subject(const workload &w)
	{
		char path[] = "/dev/shm/khmap-bench-XXXXXX";
		std::vector<std::size_t> order(w.keys.size());
		MDB_envinfo info;
		MDB_stat stat;

		if (!mkdtemp(path)) {
			perror("bench: /dev/shm");
			exit(1);
		}
		const std::string dir = path;

		must(mdb_env_create(&env), "create");
		must(mdb_env_set_mapsize(env, (256ull << 20) +
					      w.keys.size() * 128), "map size");
		must(mdb_env_open(env, path, MDB_NOSYNC | MDB_WRITEMAP, 0600),
		     "open");
		/* Whatever ends the run, no file is left: they are open. */
		unlink((dir + "/data.mdb").c_str());
		unlink((dir + "/lock.mdb").c_str());
		rmdir(path);
		must(mdb_txn_begin(env, nullptr, 0, &txn), "begin");
		must(mdb_dbi_open(txn, nullptr, MDB_INTEGERKEY, &dbi), "dbi");
		std::iota(order.begin(), order.end(), 0);
		std::sort(order.begin(), order.end(),
			  [&](std::size_t a, std::size_t b) {
				  return w.keys[a] < w.keys[b];
			  });
		for (std::size_t i : order) {
			std::uint64_t k = w.keys[i], v = value_of(w, i);
			MDB_val key = { sizeof(k), &k };
			MDB_val value = { sizeof(v), &v };

			must(mdb_put(txn, dbi, &key, &value, MDB_APPEND),
			     "put");
		}
		must(mdb_txn_commit(txn), "commit");
		must(mdb_env_info(env, &info), "info");
		must(mdb_env_stat(env, &stat), "stat");
		bytes = (double)(info.me_last_pgno + 1) * stat.ms_psize /
			w.keys.size();
		must(mdb_txn_begin(env, nullptr, MDB_RDONLY, &txn), "begin");
	}

	~lmdb_subject() override
	{
		mdb_txn_abort(txn);
		mdb_env_close(env);
	}

	const char *name() const override { return "LMDB"; }
	role is() const override { return role::other; }
	double bytes_per_entry() const override { return bytes; }

	std::uint64_t find(const std::vector<std::uint64_t> &keys) override
	{
		std::uint64_t sum = 0, value;

		for (std::uint64_t key : keys)
			if (get(key, &value))
				sum += value;
		return sum;
	}

	std::uint64_t chase(std::uint64_t key, std::size_t steps) override
	{
		while (steps--)
			if (!get(key, &key))
				abort();
		return key;
	}

private:
	bool get(std::uint64_t k, std::uint64_t *v)
	{
		MDB_val key = { sizeof(k), &k }, value;

		if (mdb_get(txn, dbi, &key, &value))
			return false;
		memcpy(v, value.mv_data, sizeof(*v));
		return true;
	}

	MDB_env *env;
	MDB_txn *txn;
	MDB_dbi dbi;
	double bytes;
};

} /* namespace */

std::unique_ptr<subject> make_lmdb(const workload &w)
{
	return std::make_unique<lmdb_subject>(w);
}
