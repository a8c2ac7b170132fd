package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/alecthomas/kong"
)

type completionCommand struct {
	Shell string `arg:"" enum:"bash,zsh,fish" help:"bash, zsh or fish."`
}

// Run prints a script to be sourced. It completes commands and flags and asks the binary nothing.
func (c *completionCommand) Run(sh *shell) error {
	script, ok := completionScripts[c.Shell]
	if !ok {
		return &usageError{"there is no completion for " + c.Shell, "choose bash, zsh or fish"}
	}
	var cases strings.Builder
	for _, line := range completions(sh.model, "", flagsOf(sh.model)) {
		fmt.Fprintf(&cases, "    %s\n", line.in(c.Shell))
	}
	return written(sh.out, func(w io.Writer) { fmt.Fprintf(w, script, cases.String()) })
}

// completion is what may follow a command.
type completion struct {
	path  string // of the command below tenantgate, empty for tenantgate itself
	words []string
}

func (c completion) in(shell string) string {
	words := strings.Join(c.words, " ")
	if shell == "fish" {
		return fmt.Sprintf("case '%s'; string split ' ' '%s'", c.path, words)
	}
	return fmt.Sprintf("'%s') found='%s' ;;", c.path, words)
}

func completions(n *kong.Node, path string, common []string) []completion {
	var words []string
	for _, child := range n.Children {
		if child.Type == kong.CommandNode && !child.Hidden {
			words = append(words, child.Name)
		}
	}
	if path != "" {
		words = append(words, flagsOf(n)...)
	}
	out := []completion{{path, append(words, common...)}}
	for _, child := range n.Children {
		if child.Type == kong.CommandNode && !child.Hidden {
			out = append(out, completions(child, strings.TrimSpace(path+" "+child.Name), common)...)
		}
	}
	return out
}

func flagsOf(n *kong.Node) []string {
	var out []string
	for _, f := range n.Flags {
		if !f.Hidden {
			out = append(out, "--"+f.Name)
		}
	}
	return out
}

// completionScripts find the command among the words typed so far: the longest path that is known.
var completionScripts = map[string]string{
	"bash": `# bash completion of tenantgate: source <(tenantgate completion bash)
_tenantgate_words() {
  local found=
  case "$1" in
%s    *) return 1 ;;
  esac
  printf '%%s' "$found"
}
_tenantgate() {
  local path= word i
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=${COMP_WORDS[i]}
    _tenantgate_words "${path:+$path }$word" >/dev/null && path="${path:+$path }$word"
  done
  COMPREPLY=($(compgen -W "$(_tenantgate_words "$path")" -- "${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _tenantgate tenantgate
`,
	"zsh": `#compdef tenantgate
# zsh completion of tenantgate: source <(tenantgate completion zsh)
_tenantgate_words() {
  local found=
  case "$1" in
%s    *) return 1 ;;
  esac
  print -rn -- "$found"
}
_tenantgate() {
  local path_so_far= word
  for word in "${(@)words[2,CURRENT-1]}"; do
    _tenantgate_words "${path_so_far:+$path_so_far }$word" >/dev/null && path_so_far="${path_so_far:+$path_so_far }$word"
  done
  compadd -- ${=$(_tenantgate_words "$path_so_far")}
}
compdef _tenantgate tenantgate
`,
	"fish": `# fish completion of tenantgate: tenantgate completion fish | source
function __tenantgate_words
  switch "$argv[1]"
%s    case '*'; return 1
  end
end
function __tenantgate_complete
  set -l path ''
  for word in (commandline -opc)[2..-1]
    set -l longer (string trim "$path $word")
    __tenantgate_words "$longer" >/dev/null; and set path "$longer"
  end
  __tenantgate_words "$path"
end
complete -c tenantgate -f -a '(__tenantgate_complete)'
`,
}
