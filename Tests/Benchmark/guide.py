"""The peer of the benchmark that Tinybird's guide has: a Flask app with PyJWT, for gunicorn and mod_wsgi."""

import os
import time

import jwt
from flask import Flask, jsonify

app = Flask(__name__)


@app.route("/generate-token")
def generate_token():
    claims = {
        "workspace_id": os.environ["TINYBIRD_WORKSPACE_ID"], "name": "charts_token", "exp": int(time.time()) + 172800,
        "scopes": [{"type": "PIPES:READ", "resource": os.environ["TINYBIRD_PIPES"]}],
    }
    token = jwt.encode(claims, os.environ["TINYBIRD_SIGNING_KEY"], algorithm="HS256")
    answer = jsonify(token=token, expires_in=172800)
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["X-Content-Type-Options"] = "nosniff"
    return answer
