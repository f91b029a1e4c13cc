// Command control-plane is etcd, kube-apiserver and kube-controller-manager in one program, for tests: the real ones, started as
// `control-plane etcd …`, `control-plane kube-apiserver …` and `control-plane kube-controller-manager …` with their own options.
package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"
	"go.etcd.io/etcd/server/v3/etcdmain"
	"k8s.io/component-base/cli"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	controllers "k8s.io/kubernetes/cmd/kube-controller-manager/app"
)

var commands = map[string]func() *cobra.Command{
	"kube-apiserver":          apiserver.NewAPIServerCommand,
	"kube-controller-manager": controllers.NewControllerManagerCommand,
}

func main() {
	name := ""
	if len(os.Args) > 1 {
		name = os.Args[1]
	}
	os.Args = append(os.Args[:1:1], os.Args[min(2, len(os.Args)):]...)
	if name == "etcd" {
		etcdmain.Main(os.Args)
		return
	}
	create, isKnown := commands[name]
	if !isKnown {
		fmt.Fprintln(os.Stderr, "usage: control-plane etcd | kube-apiserver | kube-controller-manager [options]")
		os.Exit(2)
	}
	os.Exit(cli.Run(create()))
}
