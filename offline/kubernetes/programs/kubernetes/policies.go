package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/cloudnativelabs/kube-router/v2/pkg/controllers/netpol"
	"github.com/cloudnativelabs/kube-router/v2/pkg/healthcheck"
	"github.com/cloudnativelabs/kube-router/v2/pkg/options"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/clientcmd"
)

// Turns network policies into iptables rules of one node: kube-router's controller without the rest of kube-router, because
// kube-proxy and the CNI plugins do what it would do. Its arguments: a kubeconfig, the node's name, the range of services.
func enforceNetworkPolicies(args []string) error {
	if len(args) != 3 {
		return fmt.Errorf("usage: network-policies KUBECONFIG NODE SERVICES")
	}
	kubeconfig, node, services := args[0], args[1], args[2]
	access, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return err
	}
	client, err := kubernetes.NewForConfig(access)
	if err != nil {
		return err
	}
	config := options.NewKubeRouterConfig()
	config.EnableIPv4 = true
	config.EnableIPv6 = false
	config.ClusterIPCIDRs = []string{services}
	config.HostnameOverride = node
	config.IPTablesSyncPeriod = time.Minute

	stop := context.Background().Done()
	factory := informers.NewSharedInformerFactory(client, 0)
	pods := factory.Core().V1().Pods().Informer()
	namespaces := factory.Core().V1().Namespaces().Informer()
	policies := factory.Networking().V1().NetworkPolicies().Informer()
	factory.Start(stop)
	factory.WaitForCacheSync(stop)

	tables, sets, err := netpol.NewIPTablesHandlers(config)
	if err != nil {
		return err
	}
	controller, err := netpol.NewNetworkPolicyController(client, config, pods, policies, namespaces, &sync.Mutex{}, tables, sets)
	if err != nil {
		return err
	}
	handlers := map[cache.SharedIndexInformer]cache.ResourceEventHandler{
		pods:       controller.PodEventHandler,
		namespaces: controller.NamespaceEventHandler,
		policies:   controller.NetworkPolicyEventHandler,
	}
	for informer, handler := range handlers {
		if _, err := informer.AddEventHandler(handler); err != nil {
			return err
		}
	}
	// The controller reports that it lives, and waits until the report is read.
	reports := make(chan *healthcheck.ControllerHeartbeat)
	go func() {
		for range reports {
		}
	}()
	var running sync.WaitGroup
	running.Add(1)
	controller.Run(reports, stop, &running)
	return nil
}
