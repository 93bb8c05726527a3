// Runs the Pulumi program of examples/go through the Automation API, one operation a process, with the CLI's own flags:
//
//	driver {up|preview|refresh|destroy} --stack NAME --event-log FILE [--refresh] [--expect-no-changes]
//
// The working folder is a Pulumi project, whose settings are used; the program is the one that `pulumi up` runs in
// examples/go where the full CLI is installed. The events are written as the CLI writes them.
//
// IMPORTED, a mailbox, adds a certificate to the program, and IMPORT_ID imports it, as a user would write it there.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/auto"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/events"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/optdestroy"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/optpreview"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/optrefresh"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/optup"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"google-workspace-mail-go/mailbox"
	mail "pulumi-google-workspace-mail/sdk/go/googleworkspacemail"
)

type options struct {
	verb, stack, eventLog    string
	refresh, expectNoChanges bool
}

func main() {
	if err := run(context.Background(), parse()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func parse() options {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "which operation: up, preview, refresh or destroy?")
		os.Exit(2)
	}
	wanted := options{verb: os.Args[1]}
	flags := flag.NewFlagSet("driver", flag.ExitOnError)
	flags.StringVar(&wanted.stack, "stack", "", "the stack's name")
	flags.StringVar(&wanted.eventLog, "event-log", "", "the file that takes the events")
	flags.BoolVar(&wanted.refresh, "refresh", false, "read the live side first")
	flags.BoolVar(&wanted.expectNoChanges, "expect-no-changes", false, "fail where there is a change")
	// ExitOnError: there is no error to return.
	_ = flags.Parse(os.Args[2:])
	return wanted
}

func run(ctx context.Context, wanted options) error {
	stack, err := auto.SelectStackInlineSource(ctx, wanted.stack, "", program, auto.WorkDir("."))
	if err != nil {
		return err
	}
	log, err := os.Create(wanted.eventLog)
	if err != nil {
		return err
	}
	defer log.Close()
	seen := make(chan events.EngineEvent)
	written := make(chan error)
	go func() { written <- write(log, seen) }()
	if err := operate(ctx, stack, wanted, seen); err != nil {
		// A CLI that failed before its first event leaves the channel open.
		select {
		case <-written:
		case <-time.After(time.Second):
		}
		return err
	}
	return <-written
}

func program(ctx *pulumi.Context) error {
	if err := mailbox.Program(ctx); err != nil {
		return err
	}
	user, ok := os.LookupEnv("IMPORTED")
	if !ok {
		return nil
	}
	var options []pulumi.ResourceOption
	if id, ok := os.LookupEnv("IMPORT_ID"); ok {
		options = append(options, pulumi.Import(pulumi.ID(id)))
	}
	_, err := mail.NewSmimeCertificate(ctx, "imported", &mail.SmimeCertificateArgs{
		UserId:      pulumi.String(user),
		Certificate: pulumi.NewFileAsset("keys/imported.crt"),
	}, options...)
	return err
}

// Each operation closes the channel when its last event is through.
func operate(ctx context.Context, stack auto.Stack, wanted options, seen chan<- events.EngineEvent) error {
	var err error
	switch wanted.verb {
	case "up":
		up := []optup.Option{optup.Color("never"), optup.EventStreams(seen), optup.ProgressStreams(os.Stdout)}
		if wanted.refresh {
			up = append(up, optup.Refresh())
		}
		if wanted.expectNoChanges {
			up = append(up, optup.ExpectNoChanges())
		}
		_, err = stack.Up(ctx, up...)
	case "preview":
		preview := []optpreview.Option{
			optpreview.Color("never"), optpreview.EventStreams(seen), optpreview.ProgressStreams(os.Stdout),
		}
		if wanted.refresh {
			preview = append(preview, optpreview.Refresh())
		}
		if wanted.expectNoChanges {
			preview = append(preview, optpreview.ExpectNoChanges())
		}
		_, err = stack.Preview(ctx, preview...)
	case "refresh":
		refresh := []optrefresh.Option{
			optrefresh.Color("never"), optrefresh.EventStreams(seen), optrefresh.ProgressStreams(os.Stdout),
		}
		if wanted.expectNoChanges {
			refresh = append(refresh, optrefresh.ExpectNoChanges())
		}
		_, err = stack.Refresh(ctx, refresh...)
	case "destroy":
		_, err = stack.Destroy(ctx, optdestroy.Color("never"), optdestroy.EventStreams(seen),
			optdestroy.ProgressStreams(os.Stdout))
	default:
		err = fmt.Errorf("no such operation: %s", wanted.verb)
	}
	return err
}

func write(log *os.File, seen <-chan events.EngineEvent) error {
	encoder := json.NewEncoder(log)
	var failure error
	for event := range seen {
		if err := encoder.Encode(event.EngineEvent); err != nil {
			failure = err
		}
	}
	return failure
}
