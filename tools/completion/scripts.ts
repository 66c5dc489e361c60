/**
 * What each shell is to do at TAB: ask `deno task completion words`, with the words of the line from the one behind `deno` up to the cursor, and offer what
 * comes back: a word, a tab, and what it means, line by line; ":files" stands for the names of files.
 *
 * They do so behind `deno task` in a folder of Wallsocket only. Elsewhere everything is as it was: what completed `deno` before, completes it still.
 */

const bash = String.raw`# TAB behind "deno task", in a folder of Wallsocket.
case $(complete -p deno 2>/dev/null) in
  *' -F _wallsocket '*) ;;
  *) _wallsocket_before=$(complete -p deno 2>/dev/null | sed -n 's/.* -F \([^ ]*\) .*/\1/p') ;;
esac

_wallsocket_here() {
  local folder=$PWD
  while [ -n "$folder" ]; do
    [ -e "$folder/labs/manifest.ts" ] && return 0
    folder=\${folder%/*}
  done
  return 1
}

_wallsocket() {
  if [ "\${COMP_WORDS[1]}" != task ] || ! _wallsocket_here; then
    [ -z "$_wallsocket_before" ] || "$_wallsocket_before" "$@"
    return
  fi
  local word means
  COMPREPLY=()
  while IFS=$'\t' read -r word means; do
    case $word in
      '') ;;
      :files) compopt -o default 2>/dev/null ;;
      *) COMPREPLY+=("$word") ;;
    esac
  done < <("$1" task --quiet completion words "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null </dev/null)
}

complete -o bashdefault -o default -F _wallsocket deno
`;

const zsh = String.raw`# TAB behind "deno task", in a folder of Wallsocket.
[[ \${_comps[deno]} == _wallsocket ]] || _wallsocket_before=\${_comps[deno]}

_wallsocket_here() {
  local folder=$PWD
  while [[ -n $folder ]]; do
    [[ -e $folder/labs/manifest.ts ]] && return 0
    folder=\${folder%/*}
  done
  return 1
}

_wallsocket() {
  if [[ $words[2] != task ]] || ! _wallsocket_here; then
    if [[ -n $_wallsocket_before ]]; then $_wallsocket_before "$@"; else _files; fi
    return
  fi
  local line word
  local -a found shown
  for line in "\${(@f)$("$words[1]" task --quiet completion words "\${(@)words[2,CURRENT]}" 2>/dev/null </dev/null)}"; do
    word=\${line%%$'\t'*}
    case $word in
      '') ;;
      :files) _files ;;
      *) found+=("$word"); shown+=("$word  \${line#*$'\t'}") ;;
    esac
  done
  (( $#found )) && compadd -l -d shown -a found
}

compdef _wallsocket deno
`;

const fish = String.raw`# TAB behind "deno task", in a folder of Wallsocket.
function __wallsocket_here
  set -l words (commandline -opc)
  test "$words[2]" = task; or return 1
  set -l folder $PWD
  while test -n "$folder"
    test -e "$folder/labs/manifest.ts"; and return 0
    set folder (string replace -r '/[^/]*$' '' -- $folder)
  end
  return 1
end

function __wallsocket_words
  set -l words (commandline -opc) (commandline -ct)
  for line in ($words[1] task --quiet completion words $words[2..-1] 2>/dev/null </dev/null)
    if string match -q ':files*' -- $line
      __fish_complete_path (commandline -ct)
    else
      echo $line
    end
  end
end

complete -c deno -n __wallsocket_here -f -a '(__wallsocket_words)'
`;

/** The script of each shell. */
export const scripts: Readonly<Record<string, string>> = { bash: plain(bash), zsh: plain(zsh), fish: plain(fish) };

/** In a template a "$" before a brace needs a backslash in front, which the shell is not to see. */
function plain(script: string): string {
  return script.replaceAll("\\${", "${");
}
