# bash completion for tlswhy
_tlswhy() {
	local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}
	COMPREPLY=()
	if [[ ${COMP_WORDS[1]} == explain && COMP_CWORD -gt 1 ]]; then
		COMPREPLY=($(compgen -W "$(tlswhy explain 2>/dev/null | sed -nE 's/^  ([a-z_]+) .*/\1/p')" -- "$word"))
		return
	fi
	case $before in
	-i)
		COMPREPLY=($(compgen -W "any $(ls /sys/class/net)" -- "$word"))
		return
		;;
	-Z)
		COMPREPLY=($(compgen -u -- "$word"))
		return
		;;
	--ca-path)
		COMPREPLY=($(compgen -d -- "$word"))
		return
		;;
	-[csBjG] | --tls-port | --memory | --workers | --interval | --rotate-*)
		return
		;;
	esac
	if [[ $word == -* ]]; then
		COMPREPLY=($(compgen -W "$(tlswhy --help | grep -oE -- '(^| )--?[A-Za-z][a-z-]*' | sort -u)" -- "$word"))
	else
		COMPREPLY=($(compgen -f -- "$word"))
		((COMP_CWORD == 1)) && COMPREPLY+=($(compgen -W explain -- "$word"))
	fi
}
complete -o filenames -F _tlswhy tlswhy
