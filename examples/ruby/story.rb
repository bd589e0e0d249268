# frozen_string_literal: true

# The story of examples/story.txt by the client that openapi-generator makes from openapi-3.0.yaml.

require 'mutuals_client'
require 'securerandom'
require 'uri'

MutualsClient.configure do |configuration|
  service = URI(ENV.fetch('MUTUALS_URL'))
  configuration.scheme = service.scheme
  configuration.host = "#{service.host}:#{service.port}"
  configuration.access_token = ENV.fetch('KEY')
  # A parameter with several values is sent once for each.
  configuration.params_encoding = :multi
end
departments = MutualsClient::DepartmentsApi.new
mutuals = MutualsClient::MutualsApi.new
name = "Story in Ruby #{SecureRandom.uuid}"

# How many values the client has of what it read. It is fewer than were sent if the client loses some.
def values(read)
  case read
  when Array then read.sum { |element| values(element) }
  when Hash then values(read.values)
  when MutualsClient::ApiModelBase then values(read.to_hash)
  else 1
  end
end

# A refusal is a `Problem`, whichever operation it comes from.
def refused
  yield
rescue MutualsClient::ApiError => e
  MutualsClient::Problem.build_from_hash(JSON.parse(e.response_body, symbolize_names: true))
else
  raise 'this was to be refused'
end

def told(problem)
  "#{problem.status} #{problem.type.delete_prefix('/problems/')}"
end

# A page says where the next one begins; the last one doesn't.
count = pages = read = 0
cursor = nil
loop do
  page = departments.list_departments({ limit: 10, cursor: cursor }.compact)
  count += page.items.size
  pages += 1
  read += values(page.items)
  cursor = page.next_cursor
  break unless cursor
end
puts "list: #{count} departments on #{pages} pages, #{read} values"
items = departments.list_departments(kind: %w[local_authority nhs_provider]).items
puts "filter: #{items.size} departments of #{items.map(&:kind).uniq.size} kinds"

# A request that is sent again with its key is answered as before and makes no second mutual.
full = MutualsClient::MutualInput.new(
  name: name,
  sectors: ['adult_social_care'],
  staff_count: 11,
  staff_counted_on: '2025-03',
  sources: [MutualsClient::SourceInput.new(title: 'A story', accessed_on: Date.new(2025, 7, 1))],
  tests: MutualsClient::MutualTestsInput.new(left_public_sector: 'met')
)
created, status = mutuals.create_mutual_with_http_info(full, idempotency_key: SecureRandom.uuid)
mutual = created.id
puts "create: #{status}, version #{created.version}"

found, status, headers = mutuals.get_mutual_with_http_info(mutual)
first = headers['etag']
puts "read: #{status}, it is #{found.name == name ? 'the same' : 'another'}, #{values(found)} values"

update = lambda do |if_match, staff|
  mutuals.update_mutual_with_http_info(mutual, if_match, MutualsClient::MutualPatch.new(staff_count: staff))
end
updated, status, headers = update.call(first, 12)
second = headers['etag']
puts "update: #{status}, version #{updated.version}, #{values(updated)} values"
puts "update what has changed: #{told(refused { update.call(first, 13) })}"

wrong = MutualsClient::MutualInput.new(name: 'Nobody', legal_form: 'club', sectors: ['gardening'])
problem = refused { mutuals.create_mutual(wrong) }
pointers = problem.errors.map(&:pointer).sort
puts "create what is wrong: #{told(problem)} at #{pointers.join(' and ')}"

_, status = mutuals.delete_mutual_with_http_info(mutual, second)
puts "delete: #{status}"
puts "read what is deleted: #{told(refused { mutuals.get_mutual(mutual) })}"
