<?php
// What Composer does elsewhere: finds the classes of the generated client, and those of Debian's Guzzle, in the include path.
// A warning is an error, so that code that is only about to be wrong isn't generated either.

declare(strict_types=1);

set_error_handler(function (int $level, string $text, string $file, int $line): never {
    throw new ErrorException($text, 0, $level, $file, $line);
});

require_once 'GuzzleHttp/autoload.php';

spl_autoload_register(function (string $class): void {
    if (str_starts_with($class, 'Mutuals\\')) {
        require_once strtr($class, '\\', '/') . '.php';
    }
});
