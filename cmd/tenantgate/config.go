package main

import (
	"errors"
	"io"

	"github.com/tenantgate/tenantgate/internal/config"
)

type configCommand struct {
	Dev bool `help:"As tenantgate dev would read them."`
}

// Run shows every setting, also where some are wrong: those are said too, and fail the command.
func (c *configCommand) Run(sh *shell) error {
	src := sh.sources()
	src.Dev = c.Dev
	rows, err := config.Explain(src)
	wrong := &config.Problems{List: []config.Problem{}}
	if err != nil && !errors.As(err, &wrong) {
		return err
	}
	out := map[string]any{"settings": rows, "problems": wrong.List}
	printed := sh.print(out, func(w io.Writer) {
		var lines [][]string
		for _, r := range rows {
			lines = append(lines, []string{r.Name, r.Value, r.Source})
		}
		sh.table(w, "SETTING\tVALUE\tSOURCE", lines)
	})
	return errors.Join(printed, err)
}
