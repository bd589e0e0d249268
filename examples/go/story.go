// The story of examples/story.txt by the client that openapi-generator makes from openapi-3.0.yaml.
package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"net/http"
	"os"
	"sort"
	"strings"

	mutuals "story/client"
)

func main() {
	log.SetFlags(0)
	if err := tell(); err != nil {
		log.Fatal(err)
	}
}

func tell() error {
	configuration := mutuals.NewConfiguration()
	configuration.Servers = mutuals.ServerConfigurations{{URL: os.Getenv("MUTUALS_URL")}}
	client := mutuals.NewAPIClient(configuration)
	key := context.WithValue(context.Background(), mutuals.ContextAccessToken, os.Getenv("KEY"))
	random := make([]byte, 16)
	if _, err := rand.Read(random); err != nil {
		return err
	}
	name := fmt.Sprintf("Story in Go %x", random)

	// A page says where the next one begins; the last one doesn't.
	departments, pages, read := 0, 0, 0
	for request, isLast := client.DepartmentsAPI.ListDepartments(key).Limit(10), false; !isLast; {
		page, _, err := request.Execute()
		if err != nil {
			return err
		}
		departments, pages, read = departments+len(page.Items), pages+1, read+values(page.Items)
		request, isLast = request.Cursor(page.GetNextCursor()), !page.HasNextCursor()
	}
	fmt.Printf("list: %d departments on %d pages, %d values\n", departments, pages, read)
	kinds := []string{"local_authority", "nhs_provider"}
	page, _, err := client.DepartmentsAPI.ListDepartments(key).Kind(kinds).Execute()
	if err != nil {
		return err
	}
	found := map[string]bool{}
	for _, department := range page.Items {
		found[department.Kind] = true
	}
	fmt.Printf("filter: %d departments of %d kinds\n", len(page.Items), len(found))

	// A request that is sent again with its key is answered as before and makes no second mutual.
	once := fmt.Sprintf("%x", random)
	created, answer, err := client.MutualsAPI.CreateMutual(key).MutualInput(fullMutual(name)).IdempotencyKey(once).Execute()
	if err != nil {
		return err
	}
	fmt.Printf("create: %d, version %d\n", answer.StatusCode, created.Version)

	mutual, answer, err := client.MutualsAPI.GetMutual(key, created.Id).Execute()
	if err != nil {
		return err
	}
	same := "another"
	if mutual.Name == name {
		same = "the same"
	}
	first := answer.Header.Get("ETag")
	fmt.Printf("read: %d, it is %s, %d values\n", answer.StatusCode, same, values(mutual))

	update := func(ifMatch string, staff int64) (*mutuals.Mutual, *http.Response, error) {
		patch := mutuals.NewMutualPatch()
		patch.SetStaffCount(staff)
		return client.MutualsAPI.UpdateMutual(key, created.Id).IfMatch(ifMatch).MutualPatch(*patch).Execute()
	}
	updated, answer, err := update(first, 12)
	if err != nil {
		return err
	}
	second := answer.Header.Get("ETag")
	fmt.Printf("update: %d, version %d, %d values\n", answer.StatusCode, updated.Version, values(updated))
	_, _, err = update(first, 13)
	fmt.Printf("update what has changed: %s\n", told(refused(err)))

	wrong := mutuals.NewMutualInput("Nobody", []string{"gardening"})
	wrong.SetLegalForm("club")
	_, _, err = client.MutualsAPI.CreateMutual(key).MutualInput(*wrong).Execute()
	problem := refused(err)
	var pointers []string
	for _, fault := range problem.Errors {
		pointers = append(pointers, fault.GetPointer())
	}
	sort.Strings(pointers)
	fmt.Printf("create what is wrong: %s at %s\n", told(problem), strings.Join(pointers, " and "))

	answer, err = client.MutualsAPI.DeleteMutual(key, created.Id).IfMatch(second).Execute()
	if err != nil {
		return err
	}
	fmt.Printf("delete: %d\n", answer.StatusCode)
	_, _, err = client.MutualsAPI.GetMutual(key, created.Id).Execute()
	fmt.Printf("read what is deleted: %s\n", told(refused(err)))
	return nil
}

func fullMutual(name string) mutuals.MutualInput {
	source := mutuals.NewSourceInput()
	source.SetTitle("A story")
	source.SetAccessedOn("2025-07-01")
	tests := mutuals.NewMutualTestsInput()
	tests.SetLeftPublicSector("met")
	mutual := mutuals.NewMutualInput(name, []string{"adult_social_care"})
	mutual.SetStaffCount(11)
	mutual.SetStaffCountedOn("2025-03")
	mutual.SetSources([]mutuals.SourceInput{*source})
	mutual.SetTests(*tests)
	return *mutual
}

// How many values the client has of what it read. It is fewer than were sent if the client loses some.
func values(read interface{}) int {
	var tree interface{}
	if text, err := json.Marshal(read); err != nil || json.Unmarshal(text, &tree) != nil {
		return 0
	}
	return leaves(tree)
}

func leaves(tree interface{}) int {
	count := 0
	switch node := tree.(type) {
	case map[string]interface{}:
		for _, member := range node {
			count += leaves(member)
		}
	case []interface{}:
		for _, element := range node {
			count += leaves(element)
		}
	default:
		count = 1
	}
	return count
}

// A refusal is a Problem, whichever operation it comes from.
func refused(err error) mutuals.Problem {
	var refusal *mutuals.GenericOpenAPIError
	if errors.As(err, &refusal) {
		if problem, ok := refusal.Model().(mutuals.Problem); ok {
			return problem
		}
	}
	log.Fatalf("this was to be refused: %v", err)
	return mutuals.Problem{}
}

func told(problem mutuals.Problem) string {
	return fmt.Sprintf("%d %s", problem.Status, strings.TrimPrefix(problem.Type, "/problems/"))
}
