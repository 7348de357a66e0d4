# tlswhy: says why TLS handshakes failed.
#
# make            build ./tlswhy
# make demo       install what is missing (Debian), build, diagnose real captures
# make test       the same set-up, then every test, plain and under sanitizers
# make fuzz       look for trouble with each fuzz target for T seconds (clang)
# make deb        a Debian package
# make check      every tool that finds faults and is installed; make coverage: what tests reach
# V=1 shows the commands. BUILD=dir keeps another set of objects.

CC      ?= gcc
BUILD   ?= build
PREFIX  ?= /usr/local
PROGRAM ?= tlswhy
VERSION := 0.1
# What a target builds on the way to something else: on all cores, unless -j says how many.
JOBS = $(if $(filter -j%,$(MAKEFLAGS)),,-j$(shell nproc 2>/dev/null || echo 1))

WARNINGS := -Wall -Wextra -Wconversion -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Werror
HARDEN   := -fstack-protector-strong -D_FORTIFY_SOURCE=2 -fPIE
CFLAGS   ?= -O2 -g
SANITIZE ?=
# The rooms meet on the path of every packet: inlining across files is worth a quarter of the time.
# Tests link the ordinary code that the same objects hold.
LTO := $(if $(SANITIZE),,$(if $(shell $(CC) --version 2>/dev/null | grep -i clang),,yes))
ALL_CFLAGS = -std=c11 -D_GNU_SOURCE -DTLSWHY_VERSION='"$(VERSION)"' $(WARNINGS) \
	$(if $(SANITIZE),-DTLSWHY_SANITIZED -fsanitize=$(SANITIZE) -fno-omit-frame-pointer -fno-sanitize-recover=all,$(HARDEN)) \
	$(if $(LTO),-flto -ffat-lto-objects) -I$(BUILD) $(CFLAGS)
ALL_LDFLAGS = $(if $(SANITIZE),-fsanitize=$(SANITIZE),-pie -Wl,-z,relro,-z,now) -fno-lto $(LDFLAGS)
LIBS := -lpcap -lwolfssl -lseccomp -lz -lzstd -lbrotlidec -lpthread -lm
TEST_LIBS := -lcmocka -ljansson

ROOMS    := capture dissect analyze report
objects   = $(patsubst %.c,$(BUILD)/%.o,$(wildcard $(1)/*.c))
GENERATED := $(BUILD)/dissect/tables.inc $(BUILD)/analyze/causes.inc
# A room may call those to its left and nobody else; its tests link just these.
TO_capture := $(call objects,capture)
TO_dissect := $(TO_capture) $(call objects,dissect)
TO_analyze := $(TO_dissect) $(call objects,analyze)
TO_report  := $(TO_analyze) $(call objects,report)
TESTS := $(patsubst tests/%.c,$(BUILD)/tests/%,$(foreach r,$(ROOMS),$(wildcard tests/$(r)/test_*.c)))

comma := ,
Q := $(if $(V),,@)
say = $(if $(V),,@echo "  $(1)")

.PHONY: all demo test unit setup walls install clean sanitized check

all: $(PROGRAM)

# The rooms together make a run; main.c chooses what to run.
OWN := $(call objects,run) $(BUILD)/main.o

$(PROGRAM): $(OWN) $(TO_report)
	$(call say,LINK $@)
	$(Q)$(CC) $(ALL_LDFLAGS) $(if $(LTO),-flto=auto $(CFLAGS)) -o $@ $^ $(LIBS)

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CC   $<)
	$(Q)$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/dissect/names.o: $(BUILD)/dissect/tables.inc
$(BUILD)/analyze/causes.o: $(BUILD)/analyze/causes.inc

$(BUILD)/dissect/tables.inc: dissect/registry/tables.awk $(wildcard dissect/registry/*.tsv)
	@mkdir -p $(@D)
	$(call say,GEN  $@)
	$(Q)awk -f $< $(filter %.tsv,$^) > $@.tmp && mv $@.tmp $@

$(BUILD)/analyze/causes.inc: analyze/causes.awk analyze/causes.txt
	@mkdir -p $(@D)
	$(call say,GEN  $@)
	$(Q)awk -f $< analyze/causes.txt > $@.tmp && mv $@.tmp $@

define room_tests
$(BUILD)/tests/$(1)/test_%: $(BUILD)/tests/$(1)/test_%.o $$(TO_$(1)) $(patsubst %.c,$(BUILD)/%.o,$(wildcard tests/$(1)/support*.c))
	$$(call say,LINK $$@)
	$$(Q)$$(CC) $$(ALL_LDFLAGS) -o $$@ $$^ $$(LIBS) $$(TEST_LIBS)
endef
$(foreach r,$(ROOMS),$(eval $(call room_tests,$(r))))

# Fuzz targets. With clang's fuzzer they look for trouble (make fuzz); with any other compiler they
# only replay what was found, which make test does.
FUZZERS   := $(patsubst tests/%.c,$(BUILD)/tests/%,$(wildcard tests/fuzz/fuzz_*.c))
FUZZ_MAIN := $(if $(findstring fuzzer,$(SANITIZE)),,$(BUILD)/tests/fuzz/replay.o)

$(BUILD)/tests/fuzz/fuzz_%: $(BUILD)/tests/fuzz/fuzz_%.o $(patsubst %.c,$(BUILD)/%.o,$(wildcard tests/fuzz/support*.c)) \
		$(FUZZ_MAIN) $(TO_report)
	$(call say,LINK $@)
	$(Q)$(CC) $(ALL_LDFLAGS) $(if $(FUZZ_MAIN),,-fsanitize=fuzzer) -o $@ $^ $(LIBS) -ljansson

.SECONDARY: $(FUZZERS:=.o)
fuzzers: $(FUZZERS)

# Every capture cut at each byte of the first 2,000 and damaged in other ways, under sanitizers: hours.
mutants:
	@$(MAKE) --no-print-directory $(JOBS) BUILD=$(BUILD)-san PROGRAM=$(BUILD)-san/tlswhy SANITIZE=address,undefined \
		CFLAGS="-O1 -g" $(BUILD)-san/tests/mutate/mutants
	@$(BUILD)-san/tests/mutate/mutants $(or $(CAPTURES),pcaps/*.pcap*)
.PHONY: mutants

MUTANTS := $(BUILD)/tests/mutate/mutants
$(MUTANTS): $(patsubst %.c,$(BUILD)/%.o,$(wildcard tests/mutate/*.c)) $(BUILD)/tests/fuzz/support.o \
		$(BUILD)/tests/fuzz/support_capture.o $(TO_report)
	$(call say,LINK $@)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS) -ljansson

# The program with allocations that fail on demand. The sanitizers' allocator is not to be replaced:
# there only our own calls are intercepted.
FAULTY := $(BUILD)/tests/faults/tlswhy
$(FAULTY): $(BUILD)/tests/faults/failing.o $(BUILD)/tests/faults/$(if $(SANITIZE),wrap,interpose).o \
		$(OWN) $(TO_report)
	$(call say,LINK $@)
	$(Q)$(CC) $(ALL_LDFLAGS) $(if $(SANITIZE),$(addprefix -Wl$(comma)--wrap=,malloc calloc realloc)) \
		-o $@ $^ $(LIBS)

# Runs a program under the filters that systemd sets for dist/tlswhy.service.
RESTRICTED := $(BUILD)/tests/dist/restricted
$(RESTRICTED): $(BUILD)/tests/dist/restricted.o
	$(call say,LINK $@)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ -lseccomp

# Each target for T seconds, on what pcaps/ and earlier runs taught; finds are kept in tests/fuzz/.
fuzz:
	@$(MAKE) --no-print-directory $(JOBS) CC=clang BUILD=$(BUILD)-fuzz PROGRAM=$(BUILD)-fuzz/tlswhy \
		SANITIZE=fuzzer-no-link,address,undefined CFLAGS="-O1 -g" fuzzers
	@tests/fuzz/run.sh $(BUILD)-fuzz $(or $(T),60)
.PHONY: fuzz fuzzers

# Both compilers, cppcheck, clang-tidy, valgrind: what is installed of them.
check: $(GENERATED)
	@tests/check.sh

# Line coverage of all tests, by room; those of the sandbox alone have nothing to hold on to here.
UNCONFINED := $(BUILD)/tests/coverage/tlswhy
$(UNCONFINED): $(BUILD)/tests/coverage/unconfined.o $(OWN) $(TO_report)
	$(call say,LINK $@)
	$(Q)$(CC) $(ALL_LDFLAGS) -Wl,--wrap=capture_confine -o $@ $^ $(LIBS)

coverage: all
	@rm -rf $(BUILD)-cov
	@$(MAKE) --no-print-directory $(JOBS) BUILD=$(BUILD)-cov PROGRAM=$(BUILD)-cov/tlswhy CFLAGS="-O0 -g --coverage" HARDEN=-fPIE \
		LDFLAGS=--coverage LTO= $(BUILD)-cov/tests/coverage/tlswhy tests
	@chmod -R a+rwX $(BUILD)-cov	# who gave up root notes what it ran, too
	@umask 0; tests/run.sh coverage $(BUILD)-cov $(BUILD)-cov/tests/coverage/tlswhy >$(BUILD)-cov/tests.log || true
	@tail -n 1 $(BUILD)-cov/tests.log
	@tests/coverage.sh $(BUILD)-cov
.PHONY: coverage

setup:
	@tests/setup.sh

demo: setup
	@$(MAKE) --no-print-directory $(JOBS) all
	@tests/demo.sh ./$(PROGRAM)

tests: $(TESTS) $(FUZZERS) $(FAULTY) $(MUTANTS) $(BUILD)/tests/bench/send $(RESTRICTED)
.PHONY: tests

test: setup walls
	@$(MAKE) --no-print-directory $(JOBS) all tests
	@$(MAKE) --no-print-directory $(JOBS) sanitized
	@tests/run.sh plain $(BUILD) ./$(PROGRAM) sanitized $(BUILD)-san $(BUILD)-san/tlswhy

sanitized:
	@$(MAKE) --no-print-directory $(JOBS) BUILD=$(BUILD)-san PROGRAM=$(BUILD)-san/tlswhy \
		SANITIZE=address,undefined CFLAGS="-O1 -g" $(BUILD)-san/tlswhy tests

# How often the program is right about the captures of the lab, by code.
accuracy: all
	@python3 tests/accuracy.py ./$(PROGRAM)
.PHONY: accuracy

# What it costs, beside libpcap's bare loop and other analyzers, on loads made from pcaps/. SCALE=10 for
# the full size.
BENCH_TOOLS := $(patsubst %,$(BUILD)/tests/bench/%,generate baseline measure send)
bench: all $(BENCH_TOOLS)
	@python3 tests/bench/bench.py ./$(PROGRAM) $(BUILD)/tests/bench $(or $(SCALE),1)
.PHONY: bench

$(BUILD)/tests/bench/generate: $(patsubst %,$(BUILD)/tests/bench/%.o,generate recording wire)
$(BUILD)/tests/bench/baseline: $(BUILD)/tests/bench/baseline.o
$(BUILD)/tests/bench/measure: $(BUILD)/tests/bench/measure.o
$(BUILD)/tests/bench/send: $(BUILD)/tests/bench/send.o
$(BENCH_TOOLS):
	$(call say,LINK $@)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ -lpcap

# The highest rate without a loss on a veth link, beside tcpdump's on the same link. Needs root.
rate: all $(BENCH_TOOLS)
	@python3 tests/bench/rate.py ./$(PROGRAM) $(BUILD)/tests/bench $(or $(T),5)
.PHONY: rate

# A long time of mixed traffic on a veth link, and no growth: half an hour, or T=seconds. Needs root.
endure: all $(BENCH_TOOLS)
	@python3 tests/bench/endure.py ./$(PROGRAM) $(BUILD)/tests/bench $(or $(T),1800)
.PHONY: endure

# Calls go left to right, through front doors: analyze/ may include dissect/dissect.h, never back.
walls:
	@tests/walls.sh

# The manual with its chapter on causes, from the same table as the program's own words.
$(BUILD)/tlswhy.1: tlswhy.1 $(PROGRAM)
	$(call say,GEN  $@)
	$(Q)$(abspath $(PROGRAM)) explain --mdoc > $(BUILD)/causes.mdoc
	$(Q)sed -e '/^\.\\" CAUSES/r $(BUILD)/causes.mdoc' tlswhy.1 > $@.tmp && mv $@.tmp $@

install: all $(BUILD)/tlswhy.1
	install -D -m 755 $(PROGRAM) $(DESTDIR)$(PREFIX)/bin/tlswhy
	install -D -m 644 $(BUILD)/tlswhy.1 $(DESTDIR)$(PREFIX)/share/man/man1/tlswhy.1
	install -D -m 644 dist/tlswhy.bash $(DESTDIR)$(PREFIX)/share/bash-completion/completions/tlswhy
	install -D -m 644 dist/tlswhy.zsh $(DESTDIR)$(PREFIX)/share/zsh/vendor-completions/_tlswhy
	install -D -m 644 dist/tlswhy.fish $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/tlswhy.fish

# A Debian package of it all, for this machine's release and architecture.
deb: all
	@dist/deb.sh $(BUILD)/deb $(VERSION)
.PHONY: deb

clean:
	rm -rf $(BUILD) $(BUILD)-san $(PROGRAM)

-include $(shell find $(BUILD) -type f -name '*.d' 2>/dev/null)
