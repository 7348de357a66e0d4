# Sourced by tests that hold claims, each a command that must succeed. Sets passed and failed.
passed=0
failed=0
check() {	# claim, command...
	claim=$1
	shift
	if "$@"; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		echo "not so: $claim"
	fi
}
