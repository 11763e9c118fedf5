import type { GoTool } from "./goTool.ts";

/** The site's ACME client with one of its two hundred DNS providers: the others bring the SDKs of all clouds. */
export const lego: GoTool = {
  name: "lego",
  module: "github.com/go-acme/lego/v5",
  version: "v5.3.1",
  package: "github.com/go-acme/lego/v5",
  flags: "-X main.version=5.3.1",
  rewritten: {
    "providers/dns/zz_gen_dns_providers.go": `package dns

import (
	"fmt"

	"github.com/go-acme/lego/v5/challenge"
	"github.com/go-acme/lego/v5/providers/dns/cloudflare"
)

// NewDNSChallengeProviderByName Factory for DNS providers.
func NewDNSChallengeProviderByName(name string) (challenge.Provider, error) {
	if name == "cloudflare" {
		return cloudflare.NewDNSProvider()
	}

	return nil, fmt.Errorf("unrecognized DNS provider: %s", name)
}
`,
  },
};
