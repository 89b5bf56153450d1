<?php
// The peer of the benchmark in PHP, for PHP-FPM.
function base64url(string $bytes): string {
    return rtrim(strtr(base64_encode($bytes), '+/', '-_'), '=');
}

$claims = [
    'workspace_id' => getenv('TINYBIRD_WORKSPACE_ID'), 'name' => 'charts_token', 'exp' => time() + 172800,
    'scopes' => [['type' => 'PIPES:READ', 'resource' => getenv('TINYBIRD_PIPES')]],
];
$input = base64url('{"alg":"HS256","typ":"JWT"}') . '.' . base64url(json_encode($claims));
$token = $input . '.' . base64url(hash_hmac('sha256', $input, getenv('TINYBIRD_SIGNING_KEY'), true));
header('Content-Type: application/json');
header('Cache-Control: no-store');
header('X-Content-Type-Options: nosniff');
echo json_encode(['token' => $token, 'expires_in' => 172800]);
