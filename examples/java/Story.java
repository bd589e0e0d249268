// The story of examples/story.txt by the client that openapi-generator makes from openapi-3.0.yaml.

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.UUID;
import java.util.stream.Collectors;
import mutuals.ApiClient;
import mutuals.ApiException;
import mutuals.ApiResponse;
import mutuals.api.DepartmentsApi;
import mutuals.api.DepartmentsApi.APIListDepartmentsRequest;
import mutuals.api.MutualsApi;
import mutuals.api.MutualsApi.APICreateMutualRequest;
import mutuals.api.MutualsApi.APIDeleteMutualRequest;
import mutuals.api.MutualsApi.APIGetMutualRequest;
import mutuals.api.MutualsApi.APIUpdateMutualRequest;
import mutuals.model.Department;
import mutuals.model.DepartmentPage;
import mutuals.model.Mutual;
import mutuals.model.MutualInput;
import mutuals.model.MutualPatch;
import mutuals.model.MutualTestsInput;
import mutuals.model.Problem;
import mutuals.model.ProblemError;
import mutuals.model.SourceInput;

public final class Story {
    private final ApiClient client = new ApiClient();
    private final DepartmentsApi departments;
    private final MutualsApi mutuals;
    private final String name = "Story in Java " + UUID.randomUUID();

    private Story(String url, String key) {
        client.updateBaseUri(url);
        client.setRequestInterceptor(request -> request.header("Authorization", "Bearer " + key));
        departments = new DepartmentsApi(client);
        mutuals = new MutualsApi(client);
    }

    public static void main(String[] arguments) throws Exception {
        new Story(System.getenv("MUTUALS_URL"), System.getenv("KEY")).tell();
    }

    private void tell() throws Exception {
        // A page says where the next one begins; the last one doesn't.
        int count = 0;
        int pages = 0;
        int values = 0;
        String cursor = null;
        do {
            DepartmentPage page =
                departments.listDepartments(APIListDepartmentsRequest.newBuilder().limit(10).cursor(cursor).build());
            count += page.getItems().size();
            pages += 1;
            values += valuesOf(page.getItems());
            cursor = page.getNextCursor();
        } while (cursor != null);
        System.out.printf("list: %d departments on %d pages, %d values%n", count, pages, values);
        List<String> kinds = List.of("local_authority", "nhs_provider");
        List<Department> filtered =
            departments.listDepartments(APIListDepartmentsRequest.newBuilder().kind(kinds).build()).getItems();
        long found = filtered.stream().map(Department::getKind).distinct().count();
        System.out.printf("filter: %d departments of %d kinds%n", filtered.size(), found);

        // A request that is sent again with its key is answered as before and makes no second mutual.
        String once = UUID.randomUUID().toString();
        ApiResponse<Mutual> created = mutuals.createMutualWithHttpInfo(
            APICreateMutualRequest.newBuilder().mutualInput(fullMutual()).idempotencyKey(once).build());
        String mutual = created.getData().getId().toString();
        System.out.printf("create: %d, version %d%n", created.getStatusCode(), created.getData().getVersion());

        ApiResponse<Mutual> read =
            mutuals.getMutualWithHttpInfo(APIGetMutualRequest.newBuilder().mutual(mutual).build());
        String first = tagOf(read);
        boolean same = read.getData().getName().equals(name);
        System.out.printf("read: %d, it is %s, %d values%n", read.getStatusCode(), same ? "the same" : "another",
            valuesOf(read.getData()));

        ApiResponse<Mutual> updated = update(mutual, first, 12);
        String second = tagOf(updated);
        System.out.printf("update: %d, version %d, %d values%n", updated.getStatusCode(),
            updated.getData().getVersion(), valuesOf(updated.getData()));
        System.out.printf("update what has changed: %s%n", told(refused(() -> update(mutual, first, 13))));

        MutualInput wrong = new MutualInput().name("Nobody").legalForm("club").sectors(List.of("gardening"));
        Problem problem =
            refused(() -> mutuals.createMutual(APICreateMutualRequest.newBuilder().mutualInput(wrong).build()));
        String pointers =
            problem.getErrors().stream().map(ProblemError::getPointer).sorted().collect(Collectors.joining(" and "));
        System.out.printf("create what is wrong: %s at %s%n", told(problem), pointers);

        ApiResponse<Void> deleted = mutuals.deleteMutualWithHttpInfo(
            APIDeleteMutualRequest.newBuilder().mutual(mutual).ifMatch(second).build());
        System.out.printf("delete: %d%n", deleted.getStatusCode());
        Problem gone = refused(() -> mutuals.getMutual(APIGetMutualRequest.newBuilder().mutual(mutual).build()));
        System.out.printf("read what is deleted: %s%n", told(gone));
    }

    private MutualInput fullMutual() {
        return new MutualInput().name(name).sectors(List.of("adult_social_care"))
            .staffCount(11L).staffCountedOn("2025-03")
            .sources(List.of(new SourceInput().title("A story").accessedOn("2025-07-01")))
            .tests(new MutualTestsInput().leftPublicSector("met"));
    }

    private ApiResponse<Mutual> update(String mutual, String ifMatch, long staff) throws ApiException {
        return mutuals.updateMutualWithHttpInfo(APIUpdateMutualRequest.newBuilder().mutual(mutual).ifMatch(ifMatch)
            .mutualPatch(new MutualPatch().staffCount(staff)).build());
    }

    /** How many values the client has of what it read. It is fewer than were sent if the client loses some. */
    private int valuesOf(Object read) {
        return leaves(client.getObjectMapper().valueToTree(read));
    }

    private static int leaves(JsonNode tree) {
        int count = tree.isValueNode() ? 1 : 0;
        for (JsonNode one : tree) {
            count += leaves(one);
        }
        return count;
    }

    /** The version of what was answered, to be sent back with a change. */
    private static String tagOf(ApiResponse<Mutual> answer) {
        return answer.getHeaders().get("etag").get(0);
    }

    private interface Call {
        Object make() throws ApiException;
    }

    /** A refusal is a {@code Problem}, whichever operation it comes from. */
    private Problem refused(Call call) throws Exception {
        try {
            call.make();
        } catch (ApiException refusal) {
            return client.getObjectMapper().readValue(refusal.getResponseBody(), Problem.class);
        }
        throw new IllegalStateException("this was to be refused");
    }

    private static String told(Problem problem) {
        return problem.getStatus() + " " + problem.getType().replaceFirst("^/problems/", "");
    }
}
