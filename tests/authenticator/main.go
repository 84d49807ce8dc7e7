// Command authenticator answers what aws-iam-authenticator itself makes of an aws-auth ConfigMap; authmap is held against it.
//
//	go build -ldflags=-checklinkname=0 -o authenticator .
//
// It is a filter: one JSON object (question) a line in, one (answer) a line out, in order, flushed after each. A line that
// is no question is answered by {"error": "…", "fatal": true}. -version prints the version of the module it was built with.
// Nothing is decided here: reading, storing, matching, rendering and their order are upstream's own functions, the unexported
// ones reached by linkname. Only STS, which says who a caller is, and EC2, which knows a node's name, are played by the input.
package main

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"reflect"
	"runtime/debug"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
	"unsafe"

	"github.com/sirupsen/logrus"
	"gopkg.in/yaml.v2"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/aws-iam-authenticator/pkg/config"
	"sigs.k8s.io/aws-iam-authenticator/pkg/ec2provider"
	"sigs.k8s.io/aws-iam-authenticator/pkg/errutil"
	"sigs.k8s.io/aws-iam-authenticator/pkg/mapper"
	"sigs.k8s.io/aws-iam-authenticator/pkg/mapper/configmap"
	"sigs.k8s.io/aws-iam-authenticator/pkg/server"
	"sigs.k8s.io/aws-iam-authenticator/pkg/token"
)

//go:linkname saveMap sigs.k8s.io/aws-iam-authenticator/pkg/mapper/configmap.(*MapStore).saveMap
func saveMap(store *configmap.MapStore, users []config.UserMapping, roles []config.RoleMapping, accounts []string)

// doMapping asks each mapper and renders the templates (renderTemplates) of what it found, else asks for the account.
//
//go:linkname doMapping sigs.k8s.io/aws-iam-authenticator/pkg/server.(*handler).doMapping
func doMapping(handler unsafe.Pointer, ctx context.Context, identity *token.Identity) (string, []string, error)

type question struct {
	Data    map[string]string `json:"data"`
	Callers []caller          `json:"callers"`
}

// caller is what STS and EC2 know of somebody. Account and session name, where left out or empty, are those in the ARN.
type caller struct {
	ARN            string `json:"arn"`
	AccountID      string `json:"accountId"`
	SessionName    string `json:"sessionName"`
	AccessKeyID    string `json:"accessKeyId"`
	PrivateDNSName string `json:"privateDNSName"`
}

// answer has the entries as ParseMap returns them, in order; of those with one key the authenticator holds only the last.
type answer struct {
	Roles    []map[string]any `json:"roles"`
	Users    []map[string]any `json:"users"`
	Accounts []string         `json:"accounts"`
	Error    any              `json:"error"` // text or null, as everywhere below
	Lost     []string         `json:"lost"`
	Callers  []login          `json:"callers"`
}

// outcome of a login. Not mapped and no error: nothing in the map is for this caller. Not mapped and an error: the
// verifier refused the ARN (canonicalArn is empty then), or an entry was found and could not be rendered.
type outcome struct {
	Mapped   bool     `json:"mapped"`
	Username string   `json:"username"`
	Groups   []string `json:"groups"`
	Error    any      `json:"error"`
}

// login is the outcome that did come about. The authenticator takes the first entry that matches, walking a Go map: in random
// order. Where that makes a difference, candidates are all the outcomes there can be (this one among them), sorted; else none.
type login struct {
	outcome
	CanonicalARN string    `json:"canonicalArn"`
	Candidates   []outcome `json:"candidates"`
}

// aws stands in for STS, as the transport of every HTTP client here (so nothing reaches a network), and for EC2.
type aws struct{ caller }

func (a *aws) RoundTrip(*http.Request) (*http.Response, error) {
	var account, session string
	if parts := strings.SplitN(a.ARN, ":", 6); len(parts) == 6 {
		account = parts[4]
		if strings.HasPrefix(parts[5], "assumed-role/") {
			session = parts[5][strings.LastIndex(parts[5], "/")+1:]
		}
	}
	// The verifier takes the session name out of the id, of roles only: users, federated users and root have none.
	result := map[string]string{"Arn": a.ARN, "Account": cmp.Or(a.AccountID, account), "UserId": "AROA:" + cmp.Or(a.SessionName, session)}
	body, err := json.Marshal(map[string]any{"GetCallerIdentityResponse": map[string]any{"GetCallerIdentityResult": result}})
	return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(bytes.NewReader(body))}, err
}

func (a *aws) GetPrivateDNSName(_ context.Context, id string) (string, error) {
	if a.PrivateDNSName == "" {
		return "", fmt.Errorf("failed to find node %s ", id) // upstream's words for an instance that EC2 does not know
	}
	return a.PrivateDNSName, nil
}

func (a *aws) StartEc2DescribeBatchProcessing(context.Context) {}

type authenticator struct {
	aws      *aws
	store    *configmap.MapStore
	verifier token.Verifier
	handler  unsafe.Pointer // *server.handler
}

func newAuthenticator() *authenticator {
	a := &authenticator{aws: &aws{}, store: &configmap.MapStore{}, verifier: token.NewVerifier("cluster", "aws", "us-east-1")}
	http.DefaultTransport = a.aws
	internal, _ := reflect.TypeFor[server.Server]().FieldByName("internalHandler")
	handler := reflect.New(internal.Type.Elem())
	set(handler.Elem().FieldByName("ec2Provider"), ec2provider.EC2Provider(a.aws))
	set(handler.Elem().FieldByName("backendMapper").FieldByName("mappers"), []mapper.Mapper{&configmap.ConfigMapMapper{MapStore: a.store}})
	a.handler = handler.UnsafePointer()
	return a
}

// set writes an unexported field, and panics if upstream no longer has it, or has it of another type.
func set(field reflect.Value, value any) {
	reflect.NewAt(field.Type(), field.Addr().UnsafePointer()).Elem().Set(reflect.ValueOf(value))
}

func (a *authenticator) answer(q question) answer {
	users, roles, accounts, err := configmap.ParseMap(q.Data)
	out := answer{[]map[string]any{}, []map[string]any{}, list(accounts), text(err), []string{}, []login{}}
	for _, m := range roles {
		out.Roles = append(out.Roles, map[string]any{"rolearn": m.RoleARN, "username": m.Username, "groups": list(m.Groups), "userid": m.UserId, "sso": m.SSO})
	}
	for _, m := range users {
		out.Users = append(out.Users, map[string]any{"userarn": m.UserARN, "username": m.Username, "groups": list(m.Groups), "userid": m.UserId})
	}
	for _, section := range []string{"mapRoles", "mapUsers", "mapAccounts"} {
		if err != nil && lost(section, q.Data[section]) {
			out.Lost = append(out.Lost, section)
		}
	}
	for _, a.aws.caller = range q.Callers {
		saveMap(a.store, users, roles, accounts) // upstream does so after an error too
		out.Callers = append(out.Callers, a.login(users, roles))
	}
	return out
}

// lost says that a section is lost as a whole. ParseMap, given nothing else, has an error and no entry, and that because
// mapRoles or mapUsers cannot be turned into JSON, or the JSON is invalid or no array; because mapAccounts is no YAML or no
// list. Not lost is what is empty without an error (blank, null, a comment), and a list, even if each item in it was dropped.
func lost(section, data string) bool {
	users, roles, accounts, err := configmap.ParseMap(map[string]string{section: data})
	if err == nil || len(users)+len(roles)+len(accounts) > 0 {
		return false
	} else if section == "mapAccounts" {
		return yaml.Unmarshal([]byte(data), &[]anything{}) != nil
	}
	body, err := utilyaml.ToJSON([]byte(data))
	return err != nil || json.Unmarshal(body, &[]json.RawMessage{}) != nil
}

// anything is an item of any type and content.
type anything struct{}

func (*anything) UnmarshalYAML(func(any) error) error { return nil }

func (a *authenticator) login(users []config.UserMapping, roles []config.RoleMapping) login {
	// A token that the verifier accepts and takes to STS.
	query := url.Values{
		"Action": {"GetCallerIdentity"}, "X-Amz-SignedHeaders": {"x-k8s-aws-id"}, "X-Amz-Expires": {"60"},
		"X-Amz-Date": {time.Now().UTC().Format("20060102T150405Z")}, "X-Amz-Credential": {a.aws.AccessKeyID},
	}
	presigned := "https://sts.us-east-1.amazonaws.com/?" + query.Encode()
	identity, err := a.verifier.Verify("k8s-aws-v1." + base64.RawURLEncoding.EncodeToString([]byte(presigned)))
	if err != nil {
		return login{outcome{Groups: []string{}, Error: text(err)}, "", []outcome{}}
	}
	out := login{a.outcome(identity), identity.CanonicalARN, []outcome{}}

	subject := strings.ToLower(identity.CanonicalARN)
	for _, m := range matching(roles, subject, (*config.RoleMapping).Key, (*config.RoleMapping).Matches) {
		saveMap(a.store, nil, []config.RoleMapping{m}, nil)
		out.Candidates = append(out.Candidates, a.outcome(identity))
	}
	if len(out.Candidates) == 0 {
		for _, m := range matching(users, subject, (*config.UserMapping).Key, (*config.UserMapping).Matches) {
			saveMap(a.store, []config.UserMapping{m}, nil, nil)
			out.Candidates = append(out.Candidates, a.outcome(identity))
		}
	}
	slices.SortFunc(out.Candidates, func(x, y outcome) int {
		return cmp.Or(cmp.Compare(x.Username, y.Username), slices.Compare(x.Groups, y.Groups), cmp.Compare(fmt.Sprint(x.Error), fmt.Sprint(y.Error)))
	})
	out.Candidates = slices.CompactFunc(out.Candidates, func(x, y outcome) bool { return reflect.DeepEqual(x, y) })
	if len(out.Candidates) == 1 {
		out.Candidates = []outcome{}
	}
	return out
}

// matching are the entries that can come first: of those with one key the authenticator holds only the last.
func matching[M any](entries []M, subject string, key func(*M) string, matches func(*M, string) bool) (found []M) {
	held := map[string]M{}
	for _, m := range entries {
		held[key(&m)] = m
	}
	for _, m := range held {
		if matches(&m, subject) {
			found = append(found, m)
		}
	}
	return found
}

func (a *authenticator) outcome(identity *token.Identity) outcome {
	username, groups, err := doMapping(a.handler, context.Background(), identity)
	if errors.Is(err, errutil.ErrNotMapped) {
		return outcome{Groups: []string{}}
	}
	return outcome{err == nil, username, list(groups), text(err)}
}

func (a *authenticator) line(line []byte) (out any) {
	fatal := func(what any) any { return map[string]any{"error": fmt.Sprint(what), "fatal": true} }
	defer func() {
		if r := recover(); r != nil {
			out = fatal(r)
		}
	}()
	var q question
	if !utf8.Valid(line) {
		return fatal("not UTF-8")
	} else if err := json.Unmarshal(line, &q); err != nil {
		return fatal(err)
	}
	return a.answer(q)
}

func main() {
	version := flag.Bool("version", false, "print the version of aws-iam-authenticator inside")
	flag.Parse()
	if *version {
		info, _ := debug.ReadBuildInfo()
		i := slices.IndexFunc(info.Deps, func(m *debug.Module) bool { return m.Path == "sigs.k8s.io/aws-iam-authenticator" })
		fmt.Println(info.Deps[i].Version)
		return
	}
	logrus.SetOutput(io.Discard)
	a := newAuthenticator()
	in, out := bufio.NewReaderSize(os.Stdin, 1<<20), json.NewEncoder(os.Stdout) // which writes each answer at once
	out.SetEscapeHTML(false)
	for {
		line, err := in.ReadBytes('\n')
		if len(line) == 0 || out.Encode(a.line(line)) != nil || err != nil {
			return
		}
	}
}

func text(err error) any {
	if err == nil {
		return nil
	}
	return err.Error()
}

func list(items []string) []string { return append([]string{}, items...) }
