// SPDX-License-Identifier: GPL-2.0-only
/*
 * soak.c - many rounds of everything at once, and in the end it adds up
 *
 * A round loads the module, makes a map whose kind is drawn, and has writers, readers
 * and takers of snapshots at work on it, who are killed or stopped at any moment, while
 * memory runs short and a processor goes and comes back.  Then the map is compared with
 * the journal, goes to a file and back, and the module is unloaded.
 */
#include <getopt.h>
#include <time.h>
#include "../guest/verify.h"
#include "machine.h"
#include "soak.h"

#define ROUND_SECONDS	30
#define LEAK_KIB	8192	/* what the kernel itself may have more in use */

struct process {
	pid_t pid;
	uint32_t number;
	void (*run)(struct soak *soak, uint32_t number, uint64_t seed);
};

/* What this process does, and sees. */
struct driver {
	struct soak *soak;
	uint64_t random, seed;
	struct process process[SOAK_PROCESSES];
	pid_t hog;
	int map;
	bool cgroups, cpu, cpu_online;
	uint64_t rounds, befallen, kills, stops, done, undone;
	uint64_t hogs, hogs_killed, limits, unplugged, loads;
	time_t begun, told;
	struct soak_memory first, last;
};

static time_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec;
}

static void run_reader(struct soak *soak, uint32_t number, uint64_t seed)
{
	soak_read(soak, seed);
}

static void run_shooter(struct soak *soak, uint32_t number, uint64_t seed)
{
	soak_shoot(soak, seed);
}

static void run_tidy(struct soak *soak, uint32_t number, uint64_t seed)
{
	soak_tidy(soak, seed);
}

static void start(struct driver *d, struct process *p)
{
	uint64_t seed = soak_random(&d->random);

	fflush(stdout);
	p->pid = fork();
	if (p->pid < 0)
		soak_wrong(d->soak, "fork: %s", strerror(errno));
	if (p->pid)
		return;
	p->run(d->soak, p->number, seed);
	fflush(stdout);
	_exit(0);
}

/* A process has ended; of a writer, the journal is brought up to date. */
static void reap(struct driver *d, struct process *p)
{
	int status;

	if (p->pid > 0 && waitpid(p->pid, &status, 0) != p->pid)
		soak_wrong(d->soak, "a process was lost");
	else if (p->pid > 0 && WIFSIGNALED(status) && WTERMSIG(status) != SIGKILL)
		soak_wrong(d->soak, "process %d died of signal %d", (int)(p - d->process),
			   WTERMSIG(status));
	p->pid = 0;
	if (p->run == soak_write)
		soak_settle(d->soak, d->map, p->number, &d->done, &d->undone);
}

static void reap_hog(struct driver *d, int flags)
{
	int status;

	if (!d->hog || waitpid(d->hog, &status, flags) != d->hog)
		return;
	d->hogs++;
	d->hogs_killed += WIFSIGNALED(status);
	if (WIFEXITED(status) && WEXITSTATUS(status) == SOAK_HOG_LOST)
		soak_wrong(d->soak, "a hog does not get into its cgroup");
	d->hog = 0;
}

/* Who made the map has so much more memory, or as much as he likes. */
static void limit(struct driver *d, long long bytes)
{
	int err = soak_limit(bytes);

	if (err)
		soak_wrong(d->soak, "the limit of a cgroup: %s", strerror(-err));
}

/* One thing that befalls somebody. */
static void befall(struct driver *d)
{
	struct process *p = &d->process[soak_below(&d->random, SOAK_PROCESSES)];

	d->befallen++;
	switch (soak_below(&d->random, 10)) {
	case 0 ... 4:
		kill(p->pid, SIGKILL);
		reap(d, p);
		d->kills++;
		start(d, p);
		break;
	case 5:
		kill(p->pid, SIGSTOP);
		usleep((useconds_t)soak_below(&d->random, 200000));
		kill(p->pid, SIGCONT);
		d->stops++;
		break;
	case 6:
		if (d->cgroups) {
			limit(d, (long long)soak_below(&d->random, 200000));
			d->limits++;
		}
		break;
	case 7:
		if (d->cgroups)
			limit(d, -1);
		break;
	case 8:
		if (!d->hog)
			d->hog = soak_hog(d->cgroups && soak_below(&d->random, 2));
		break;
	case 9:
		if (!d->cpu || !soak_cpu(!d->cpu_online))
			break;
		d->cpu_online = !d->cpu_online;
		d->unplugged += !d->cpu_online;
		break;
	}
	reap_hog(d, WNOHANG);
}

static void tell(struct driver *d, bool always)
{
	struct soak_counts *c = &d->soak->counts;

	if (!always && now() - d->told < 60)
		return;
	d->told = now();
	printf("# second %lld: round %llu, %llu stores, %llu look-ups, %llu snapshots, %llu killed, %llu wrong\n",
	       (long long)(now() - d->begun), (unsigned long long)d->rounds + 1,
	       (unsigned long long)atomic_load(&c->operations),
	       (unsigned long long)atomic_load(&c->lookups),
	       (unsigned long long)atomic_load(&c->snapshots), (unsigned long long)d->kills,
	       (unsigned long long)atomic_load(&c->wrong));
	fflush(stdout);
}

/* The map of a round; its creator's cgroup is that of the soak. */
static void make_map(struct driver *d)
{
	static const uint32_t value_sizes[] = { 8, 16, 40, 104, SOAK_VALUE_MAX };
	struct khmap_ioc_create args = create_args(SOAK_NAME, 1);
	pid_t child;
	int status;

	d->soak->value_size = value_sizes[soak_below(&d->random, 5)];
	args.value_size = d->soak->value_size;
	args.load_percent = 60 + (uint32_t)soak_below(&d->random, 36);
	args.hash_kind = 1 + (uint32_t)soak_below(&d->random, 2);
	args.layout = 1 + (uint32_t)soak_below(&d->random, 2);
	child = fork();
	if (!child) {
		if (d->cgroups && soak_cgroup_enter(SOAK_CGROUP))
			_exit(2);
		_exit(create_map(&args) < 0);
	}
	if (waitpid(child, &status, 0) != child || status)
		soak_wrong(d->soak, "the map's creator ends with %x", status);
	d->map = map_open(SOAK_NAME, O_RDWR);
	if (d->map < 0)
		soak_wrong(d->soak, "create: %s", strerror(-d->map));
}

static void make_processes(struct driver *d)
{
	uint32_t i, n = 0;

	memset(d->process, 0, sizeof(d->process));
	for (i = 0; i < SOAK_WRITERS; i++)
		d->process[n++] = (struct process){ .run = soak_write, .number = i };
	for (i = 0; i < SOAK_READERS; i++)
		d->process[n++] = (struct process){ .run = run_reader };
	for (i = 0; i < SOAK_SHOOTERS; i++)
		d->process[n++] = (struct process){ .run = run_shooter };
	d->process[n] = (struct process){ .run = run_tidy };
	for (i = 0; i < SOAK_PROCESSES; i++)
		start(d, &d->process[i]);
}

static void end_processes(struct driver *d)
{
	uint32_t i;

	atomic_store(&d->soak->stop, 1);
	for (i = 0; i < SOAK_PROCESSES; i++)
		reap(d, &d->process[i]);
	reap_hog(d, 0);
	if (d->cgroups)
		limit(d, -1);
	if (d->cpu && !d->cpu_online)
		d->cpu_online = soak_cpu(true);
}

static void end_map(struct driver *d)
{
	struct khmap_ioc_snapshot args;
	int shot;

	soak_compare(d->soak, d->map);
	shot = snapshot(d->map, &args);
	if (shot < 0)
		soak_wrong(d->soak, "the last snapshot: %s", strerror(-shot));
	else
		soak_round_trip(d->soak, shot, "/tmp/soak-last.khm");
	close(shot);
	if (map_destroy(d->map))
		soak_wrong(d->soak, "destroy");
	close(d->map);
}

static void round_of(struct driver *d, time_t end)
{
	struct soak_counts counts;
	int err = soak_load();

	if (err) {
		soak_wrong(d->soak, "the module does not load: %s", strerror(-err));
		return;
	}
	d->loads++;
	memcpy(&counts, &d->soak->counts, sizeof(counts));
	memset(d->soak, 0, sizeof(*d->soak));
	memcpy(&d->soak->counts, &counts, sizeof(counts));
	make_map(d);
	if (d->map < 0)
		return;
	make_processes(d);
	while (now() < end) {
		usleep(20000 + (useconds_t)soak_below(&d->random, 200000));
		befall(d);
		tell(d, false);
	}
	end_processes(d);
	tell(d, true);
	end_map(d);
	/* What was killed may have left files. */
	if (system("rm -f /tmp/soak-*"))
		soak_wrong(d->soak, "rm");
	err = soak_unload();
	if (err)
		soak_wrong(d->soak, "the module does not unload: %s", strerror(-err));
	d->last = soak_memory();
	if (!d->rounds++)
		d->first = d->last;
}

/* After the first round all caches that the tests need are there. */
static void check_memory(struct driver *d)
{
	const long grown[] = {
		d->last.unavailable - d->first.unavailable, d->last.slab - d->first.slab,
		d->last.vmalloc - d->first.vmalloc, d->last.percpu - d->first.percpu,
	};
	static const char *const what[] = { "not free", "slab", "vmalloc", "per-cpu" };
	uint32_t i;

	printf("# memory after the last round against the first, KiB:");
	for (i = 0; i < 4; i++)
		printf(" %s %+ld%s", what[i], grown[i], i < 3 ? "," : "\n");
	/* A kernel that looks for leaks has memory of its own for that, and tells by itself. */
	if (!access("/sys/kernel/debug/kmemleak", F_OK))
		return;
	for (i = 0; i < 4; i++)
		if (grown[i] > LEAK_KIB)
			soak_wrong(d->soak, "memory was lost: %s, %ld KiB", what[i], grown[i]);
}

static void summary(const struct driver *d, const char *json)
{
	const struct soak_counts *c = &d->soak->counts;
	const struct {
		const char *name;
		uint64_t value;
	} rows[] = {
		{ "seed", d->seed },
		{ "seconds", (uint64_t)(now() - d->begun) },
		{ "rounds", d->rounds },
		{ "loads", d->loads },
		{ "stores", atomic_load(&c->operations) },
		{ "stores_refused_memory", atomic_load(&c->refused) },
		{ "lookups", atomic_load(&c->lookups) },
		{ "lookups_exact", atomic_load(&c->exact) },
		{ "snapshots", atomic_load(&c->snapshots) },
		{ "files_restored", atomic_load(&c->files) },
		{ "keys_lost_best_effort", atomic_load(&c->lost) },
		{ "befallen", d->befallen },
		{ "killed", d->kills },
		{ "in_flight_done", d->done },
		{ "in_flight_not_done", d->undone },
		{ "stopped", d->stops },
		{ "memory_limits", d->limits },
		{ "hogs", d->hogs },
		{ "hogs_killed", d->hogs_killed },
		{ "cpu_unplugged", d->unplugged },
		{ "wrong", atomic_load(&c->wrong) },
	};
	FILE *file = json ? fopen(json, "w") : NULL;
	size_t i, count = sizeof(rows) / sizeof(rows[0]);

	for (i = 0; i < count; i++) {
		printf("# %s: %llu\n", rows[i].name, (unsigned long long)rows[i].value);
		if (file)
			fprintf(file, "%s\"%s\": %llu%s", i ? ", " : "{ ", rows[i].name,
				(unsigned long long)rows[i].value, i + 1 < count ? "" : " }\n");
	}
	if (file)
		fclose(file);
}

/*
 * Was it without mercy?  What befalls is drawn: of ten things five kill, and one each
 * stops, limits, lifts the limit, takes memory, and plugs or unplugs.  A quarter of
 * what is to be expected is demanded, and of a short run only what is sure.
 */
static bool was_hard(const struct driver *d)
{
	const struct soak_counts *c = &d->soak->counts;
	const uint64_t n = d->befallen, most = n >= 200 ? n : 0;
	const uint64_t limits = d->cgroups ? most / 40 : 0;
	const struct {
		const char *name;
		uint64_t value, least;
	} rows[] = {
		{ "rounds", d->rounds, 2 },
		{ "loads", d->loads, d->rounds },
		{ "stores", atomic_load(&c->operations), 100 * d->rounds },
		{ "look-ups", atomic_load(&c->lookups), 1000 * d->rounds },
		{ "look-ups of what nobody changed", atomic_load(&c->exact), 1 },
		/* The last thing of each round. */
		{ "files", atomic_load(&c->files), d->rounds },
		{ "things that befell", n, 2 * d->rounds },
		{ "processes killed", d->kills, most ? most / 4 : n / 16 },
		{ "snapshots", atomic_load(&c->snapshots), most ? d->rounds : 1 },
		{ "operations in flight that were done", d->done, most / 200 },
		{ "processes stopped", d->stops, most / 40 },
		{ "hogs", d->hogs, most / 400 },
		{ "processors unplugged", d->unplugged, d->cpu ? most / 80 : 0 },
		{ "limits", d->limits, limits },
		{ "stores that were refused", atomic_load(&c->refused), limits },
		{ "hogs killed", d->hogs_killed, d->cgroups && d->hogs >= 20 },
	};
	bool hard = true;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].value >= rows[i].least)
			continue;
		printf("# too little: %s: %llu, not %llu or more\n", rows[i].name,
		       (unsigned long long)rows[i].value, (unsigned long long)rows[i].least);
		hard = false;
	}
	return hard;
}

static int usage(void)
{
	puts("Usage: soak [--minutes N | --seconds N] [--seed N] [--json FILE]\n"
	     "Uses a map without mercy for so long (1 minute), and compares it with a journal.");
	return 2;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "minutes", required_argument, NULL, 'm' },
		{ "seconds", required_argument, NULL, 's' },
		{ "seed", required_argument, NULL, 'S' },
		{ "json", required_argument, NULL, 'j' },
		{},
	};
	struct driver d = { .map = -1, .cpu_online = true };
	const char *json = NULL;
	time_t seconds = 60, each;
	bool right, hard;
	int option;

	d.seed = (uint64_t)time(NULL) << 8 ^ (uint64_t)getpid();
	while ((option = getopt_long(argc, argv, "", options, NULL)) >= 0) {
		if (option == 'm')
			seconds = 60 * atoll(optarg);
		else if (option == 's')
			seconds = atoll(optarg);
		else if (option == 'S')
			d.seed = strtoull(optarg, NULL, 0);
		else if (option == 'j')
			json = optarg;
		else
			return usage();
	}
	if (seconds < 1 || optind < argc)
		return usage();
	if (access("/khmap.ko", R_OK)) {
		puts("1..0 # SKIP there is no /khmap.ko to load and unload");
		return 4;
	}
	d.soak = mmap(NULL, sizeof(*d.soak), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		      -1, 0);
	if (d.soak == MAP_FAILED)
		return 1;
	puts("TAP version 13\n1..2");
	printf("# seed %llu\n", (unsigned long long)d.seed);
	d.random = d.seed;
	d.cgroups = soak_cgroups();
	d.cpu = soak_cpu(true);
	printf("# memory cgroups: %s; a processor can be unplugged: %s\n",
	       d.cgroups ? "yes" : "no", d.cpu ? "yes" : "no");
	d.begun = now();
	d.told = d.begun;
	if (soak_unload())
		soak_wrong(d.soak, "the module is in use");
	/* At least two rounds, or there is nothing to compare memory with. */
	each = seconds < 2 * ROUND_SECONDS ? (seconds + 1) / 2 : ROUND_SECONDS;
	while (!atomic_load(&d.soak->counts.wrong) &&
	       (now() - d.begun < seconds || d.rounds < 2))
		round_of(&d, now() + each);
	soak_cgroups_remove();
	check_memory(&d);
	summary(&d, json);
	if (soak_load())
		soak_wrong(d.soak, "the module does not load any more");
	right = !atomic_load(&d.soak->counts.wrong);
	printf("%s 1 soak: map, snapshots, files and memory are what the journal says\n",
	       right ? "ok" : "not ok");
	hard = was_hard(&d);
	printf("%s 2 soak: enough was done, and befell\n", hard ? "ok" : "not ok");
	return !right || !hard;
}
