<?php
// The story of examples/story.txt by the client that openapi-generator makes from openapi-3.0.yaml.

declare(strict_types=1);

require_once __DIR__ . '/autoload.php';

use Mutuals\Api\DepartmentsApi;
use Mutuals\Api\MutualsApi;
use Mutuals\ApiException;
use Mutuals\Configuration;
use Mutuals\Model\MutualInput;
use Mutuals\Model\MutualPatch;
use Mutuals\Model\MutualTestsInput;
use Mutuals\Model\Problem;
use Mutuals\Model\SourceInput;

$configuration = (new Configuration())->setHost(getenv('MUTUALS_URL'))->setAccessToken(getenv('KEY'));
$departments = new DepartmentsApi(config: $configuration);
$mutuals = new MutualsApi(config: $configuration);
$name = 'Story in PHP ' . bin2hex(random_bytes(16));

/** How many values the client has of what it read. It is fewer than were sent if the client loses some. */
function values(mixed $read): int
{
    $count = 0;
    $tree = json_decode(json_encode($read, JSON_THROW_ON_ERROR), true);
    array_walk_recursive($tree, function () use (&$count): void {
        $count++;
    });
    return $count;
}

/** A refusal is a `Problem`, whichever operation it comes from. */
function refused(callable $call): Problem
{
    try {
        $call();
    } catch (ApiException $refusal) {
        return $refusal->getResponseObject() ?? throw $refusal;
    }
    throw new LogicException('this was to be refused');
}

function told(Problem $problem): string
{
    return $problem->getStatus() . ' ' . str_replace('/problems/', '', $problem->getType());
}

// A page says where the next one begins; the last one doesn't.
[$count, $pages, $read, $cursor] = [0, 0, 0, null];
do {
    $page = $departments->listDepartments(limit: 10, cursor: $cursor);
    $count += count($page->getItems());
    $pages += 1;
    $read += values($page->getItems());
    $cursor = $page->getNextCursor();
} while ($cursor !== null);
echo "list: $count departments on $pages pages, $read values\n";
$items = $departments->listDepartments(kind: ['local_authority', 'nhs_provider'])->getItems();
$kinds = array_unique(array_map(fn ($department) => $department->getKind(), $items));
echo 'filter: ' . count($items) . ' departments of ' . count($kinds) . " kinds\n";

// A request that is sent again with its key is answered as before and makes no second mutual.
$full = new MutualInput([
    'name' => $name,
    'sectors' => ['adult_social_care'],
    'staff_count' => 11,
    'staff_counted_on' => '2025-03',
    'sources' => [new SourceInput(['title' => 'A story', 'accessed_on' => new DateTime('2025-07-01')])],
    'tests' => new MutualTestsInput(['left_public_sector' => 'met']),
]);
[$created, $status] = $mutuals->createMutualWithHttpInfo($full, idempotency_key: bin2hex(random_bytes(16)));
$mutual = $created->getId();
echo "create: $status, version {$created->getVersion()}\n";

[$found, $status, $headers] = $mutuals->getMutualWithHttpInfo($mutual);
$first = $headers['etag'][0];
$same = $found->getName() === $name ? 'the same' : 'another';
echo "read: $status, it is $same, " . values($found) . " values\n";

$update = fn (string $ifMatch, int $staff): array =>
    $mutuals->updateMutualWithHttpInfo($mutual, $ifMatch, new MutualPatch(['staff_count' => $staff]));
[$updated, $status, $headers] = $update($first, 12);
$second = $headers['etag'][0];
echo "update: $status, version {$updated->getVersion()}, " . values($updated) . " values\n";
echo 'update what has changed: ' . told(refused(fn () => $update($first, 13))) . "\n";

$wrong = new MutualInput(['name' => 'Nobody', 'legal_form' => 'club', 'sectors' => ['gardening']]);
$problem = refused(fn () => $mutuals->createMutual($wrong));
$pointers = array_map(fn ($fault) => $fault->getPointer(), $problem->getErrors());
sort($pointers);
echo 'create what is wrong: ' . told($problem) . ' at ' . implode(' and ', $pointers) . "\n";

[, $status] = $mutuals->deleteMutualWithHttpInfo($mutual, $second);
echo "delete: $status\n";
echo 'read what is deleted: ' . told(refused(fn () => $mutuals->getMutual($mutual))) . "\n";
