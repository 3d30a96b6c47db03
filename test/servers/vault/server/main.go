// A Vault server for tests: HashiCorp Vault's own core with the transit engine and AppRole, in one small program, since
// no distribution offers a package. Usage: vault <folder> <address> [<certificate> <key>]. It starts sealed and
// uninitialised; its data lie in the folder, so it continues after a restart.
package main

import (
	"fmt"
	"net/http"
	"os"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/vault/audit"
	auditFile "github.com/hashicorp/vault/builtin/audit/file"
	credAppRole "github.com/hashicorp/vault/builtin/credential/approle"
	"github.com/hashicorp/vault/builtin/logical/transit"
	vaulthttp "github.com/hashicorp/vault/http"
	"github.com/hashicorp/vault/internalshared/configutil"
	"github.com/hashicorp/vault/sdk/helper/consts"
	"github.com/hashicorp/vault/sdk/logical"
	physFile "github.com/hashicorp/vault/sdk/physical/file"
	"github.com/hashicorp/vault/vault"
)

// registry knows the plugins that are built in below, and no others.
type registry struct{}

func (registry) Contains(name string, kind consts.PluginType) bool {
	return (name == "transit" && kind == consts.PluginTypeSecrets) || (name == "approle" && kind == consts.PluginTypeCredential)
}
func (r registry) Get(name string, kind consts.PluginType) (func() (interface{}, error), bool) {
	return nil, r.Contains(name, kind)
}
func (registry) Keys(kind consts.PluginType) []string {
	switch kind {
	case consts.PluginTypeSecrets:
		return []string{"transit"}
	case consts.PluginTypeCredential:
		return []string{"approle"}
	}
	return nil
}
func (registry) DeprecationStatus(name string, kind consts.PluginType) (consts.DeprecationStatus, bool) {
	return consts.Supported, true
}
func (registry) IsBuiltinEntPlugin(name string, kind consts.PluginType) bool { return false }

func main() {
	folder, address := os.Args[1], os.Args[2]
	logger := hclog.New(&hclog.LoggerOptions{Level: hclog.Error, Output: os.Stderr})
	backend, err := physFile.NewFileBackend(map[string]string{"path": folder}, logger)
	stop(err)
	core, err := vault.NewCore(&vault.CoreConfig{
		Physical:           backend,
		DisableMlock:       true,
		Logger:             logger,
		BuiltinRegistry:    registry{},
		LogicalBackends:    map[string]logical.Factory{"transit": transit.Factory},
		CredentialBackends: map[string]logical.Factory{"approle": credAppRole.Factory},
		AuditBackends:      map[string]audit.Factory{"file": auditFile.Factory},
	})
	stop(err)
	defer core.Shutdown()
	handler := vaulthttp.Handler.Handler(&vault.HandlerProperties{Core: core, ListenerConfig: &configutil.Listener{}})
	server := &http.Server{Addr: address, Handler: handler}
	fmt.Println("listening")
	if len(os.Args) > 4 {
		stop(server.ListenAndServeTLS(os.Args[3], os.Args[4]))
	}
	stop(server.ListenAndServe())
}

func stop(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
