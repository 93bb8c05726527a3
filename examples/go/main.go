package main

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"google-workspace-mail-go/mailbox"
)

func main() {
	pulumi.Run(mailbox.Program)
}
